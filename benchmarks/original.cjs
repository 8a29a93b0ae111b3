// Measures npm's stepkit: prints a JSON object of medians in seconds. Usage: node original.cjs <folder of node_modules> <seconds>
const path = require('node:path')
const { stepkit } = require(path.join(process.argv[2], 'stepkit'))
const seconds = Number(process.argv[3])

const counting = (steps) => {
  let flow = stepkit()
  for (let i = 0; i < steps; i++) flow = flow.step(`step_${i}`, ({ n }) => ({ n: n + 1 }))
  return flow
}

const records = (size) => {
  const made = []
  for (let i = 0; i < Math.max(1, Math.floor(size / 210)); i++) {
    made.push({
      id: i,
      name: `customer ${i}`,
      email: `customer.${i}@example.org`,
      active: i % 3 === 0,
      score: i / 7,
      tags: ['new', 'eu', `segment-${i % 10}`],
      address: { street: `${i} High Street`, city: 'Springfield', zip: String(i).padStart(5, '0') },
    })
  }
  return made
}

const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]

const measure = async (call) => {
  for (let i = 0; i < 3; i++) await call()
  const times = []
  const end = performance.now() + seconds * 1000
  while (performance.now() < end || times.length < 5) {
    const start = performance.now()
    await call()
    times.push((performance.now() - start) / 1000)
  }
  return median(times)
}

const main = async () => {
  const results = {}
  for (const steps of [10, 100, 1000]) {
    const flow = counting(steps)
    results[`quiet ${steps}`] = await measure(() => flow.run({ n: 0 }))
  }
  for (const [size, steps] of [[2000, 10], [2000, 100], [100000, 10], [1000000, 10]]) {
    const flow = counting(steps)
    const rows = records(size)
    let last
    results[`checkpoint ${size} ${steps}`] = await measure(() =>
      flow.run({ n: 0, rows }, { onStepComplete: (e) => { last = e.checkpoint } }))
  }
  {
    const flow = counting(1000)
    let last
    await flow.run({ n: 0 }, { onStepComplete: (e) => { if (e.stepName === 'step_998') last = e.checkpoint } })
    results['resume 1000'] = await measure(() => flow.runCheckpoint(last))
  }
  console.log(JSON.stringify(results))
}
main()
