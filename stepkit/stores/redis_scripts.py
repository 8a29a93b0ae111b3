"""What the Redis store says to the server: one Lua script for each operation, so that each is atomic.

A run has three keys, its row (a hash), its saves (a list) and its decisions (a hash), named by a digest of its id. One
sorted set is the index of all runs: its members begin with what is searched for and end with the id, all with the same
score, so that they are in the order of their bytes. All keys have one hash tag and are given to the script as KEYS.
"""

from __future__ import annotations

_COMMON = """
local RUN, SAVES, DECISIONS, INDEX = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local function text(number) return string.format('%.0f', number) end
local function padded(number) return string.format('%016.0f', tonumber(number)) end

local function clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local function load()
  local flat = redis.call('HGETALL', RUN)
  if #flat == 0 then return nil end
  local row = {}
  for i = 1, #flat, 2 do row[flat[i]] = flat[i + 1] end
  return row
end

local function flattened(row)
  local flat = {}
  for name, value in pairs(row) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  return flat
end

-- where a run is found, as the indexes of a table would have it
local function members(row)
  local created, id, flow = padded(row.created_at), row.id, redis.sha1hex(row.flow)
  local tail = created .. ':' .. id
  local found = {
    'c:' .. tail,
    's:' .. row.status .. ':' .. tail,
    'f:' .. flow .. ':' .. tail,
    'b:' .. flow .. ':' .. row.status .. ':' .. tail,
    'a:' .. row.status .. ':' .. padded(row.status_at) .. ':' .. id,
  }
  local function add(mark, at)
    found[#found + 1] = mark .. ':' .. flow .. ':' .. padded(at) .. ':' .. id
  end
  if row.waiting_for then found[#found + 1] = 'w:' .. redis.sha1hex(row.waiting_for) .. ':' .. tail end
  if row.lease_until then add('l', row.lease_until) end
  if row.expires_at then add('e', row.expires_at) end
  if row.due_at then add('d', row.due_at) elseif row.status == 'pending' then add('p', row.status_at) end
  return found
end

local function store(old, new)
  local gone = {}
  for name in pairs(old) do
    if new[name] == nil then gone[#gone + 1] = name end
  end
  if #gone > 0 then redis.call('HDEL', RUN, unpack(gone)) end
  redis.call('HSET', RUN, unpack(flattened(new)))
end

local function reindex(old, new)
  local kept = {}
  for _, member in ipairs(new and members(new) or {}) do kept[member] = true end
  for _, member in ipairs(old and members(old) or {}) do
    if kept[member] then kept[member] = nil else redis.call('ZREM', INDEX, member) end
  end
  for member in pairs(kept) do redis.call('ZADD', INDEX, 0, member) end
end

local function copied(row)
  local copy = {}
  for name, value in pairs(row) do copy[name] = value end
  return copy
end

local function given(value)
  if value ~= '' then return value end
  return nil
end

local function after(now, period)
  if period == '' then return nil end
  return text(now + tonumber(period))
end

local function lives(row, now) return row.status == 'running' and tonumber(row.lease_until or '0') > now end

local function chain(row, first)
  return redis.call('LRANGE', SAVES, first - tonumber(row.first_seq), -1)
end
"""

CREATE = (
    _COMMON
    + """
local row = load()
if row then return {0, flattened(row)} end
local id, flow, status, epoch, input_digest, owner, lease, step_name, due_in, parent, mark, save = unpack(ARGV)
local now = clock()
row = {
  id = id, flow = flow, status = status, epoch = epoch, seq = '0', full_seq = '0', first_seq = '0',
  created_at = text(now), updated_at = text(now), status_at = text(now), input_digest = input_digest,
  owner = given(owner), lease_until = after(now, lease), step_name = given(step_name), due_at = after(now, due_in),
  parent = given(parent), cancel_requested = '0', decided = '0', mark = mark,
}
redis.call('HSET', RUN, unpack(flattened(row)))
redis.call('RPUSH', SAVES, padded(now) .. save)
reindex(nil, row)
return {1, flattened(row)}
"""
)

CLAIM = (
    _COMMON
    + """
local row = load()
if not row then return {-1} end
local owner, lease, mark, statuses = unpack(ARGV)
local now = clock()
if not string.find(statuses, ',' .. row.status .. ',', 1, true) or lives(row, now) then
  return {0, flattened(row), text(now)}
end
local new = copied(row)
new.status, new.epoch, new.owner, new.lease_until = 'running', text(tonumber(row.epoch) + 1), owner, after(now, lease)
new.due_at, new.updated_at, new.status_at, new.mark = nil, text(now), text(now), mark .. ' ' .. row.status
store(row, new)
reindex(row, new)
return {1, flattened(new), text(now), chain(new, tonumber(new.full_seq)), redis.call('HVALS', DECISIONS), row.status}
"""
)

GIVE_BACK = (
    _COMMON
    + """
local row = load()
if not row or row.epoch ~= ARGV[1] or row.status ~= 'running' then return 0 end
local new = copied(row)
new.status, new.owner, new.lease_until = ARGV[2], nil, nil
if new.status == 'running' then new.lease_until = '0' end
store(row, new)
reindex(row, new)
return 1
"""
)

ADVANCE = (
    _COMMON
    + """
local row = load()
if not row then return {-1} end
local epoch, seq, full, is_step, step_name, save, lease, keep_last = unpack(ARGV, 1, 8)
local status, error, waiting_for, expires_in, due_in, mark = unpack(ARGV, 9, 14)
local now = clock()
if row.status ~= 'running' or row.epoch ~= epoch
  or (seq ~= '' and tonumber(seq) ~= tonumber(row.seq) + 1)
  or (waiting_for ~= '' and redis.call('HEXISTS', DECISIONS, 'g' .. waiting_for) == 1) then
  return {0, flattened(row), text(now)}
end
local new = copied(row)
new.updated_at = text(now)
if seq ~= '' then
  new.seq = seq
  if full == '1' then new.full_seq = seq end
  if is_step == '1' then new.step_name = step_name end
  redis.call('RPUSH', SAVES, padded(now) .. save)
end
if keep_last == '1' and new.first_seq ~= new.full_seq then
  redis.call('LTRIM', SAVES, tonumber(new.full_seq) - tonumber(new.first_seq), -1)
  new.first_seq = new.full_seq
end
if status ~= '' then
  local resting = status == 'waiting' or status == 'stopped' or status == 'pending'
  local given_up = row.cancel_requested == '1' and resting
  new.owner, new.lease_until, new.waiting_for, new.expires_at, new.due_at = nil, nil, nil, nil, nil
  new.status, new.status_at, new.mark, new.error = status, text(now), mark, given(error)
  if given_up then
    new.status = 'cancelled'
  else
    new.waiting_for, new.expires_at, new.due_at = given(waiting_for), after(now, expires_in), after(now, due_in)
  end
  if status == 'failed' then new.cancel_requested = '0' end
elseif lease ~= '' then
  new.lease_until = after(now, lease)
end
store(row, new)
if status ~= '' or lease ~= '' then reindex(row, new) end
return {1, flattened(new), text(now)}
"""
)

# The same for a plain save or renewal, which is most of what is done: it reads and writes what it must.
HOLD = """
local names = {'status', 'epoch', 'seq', 'lease_until', 'cancel_requested', 'first_seq', 'full_seq', 'flow', 'id'}
local found = redis.call('HMGET', KEYS[1], unpack(names))
local status, epoch, seq, lease_until, cancel, first, full_seq, flow, id = unpack(found)
-- few arguments, as each costs the client more than what is done here
local ours, new_seq, full, is_step, lease, keep_last = string.match(ARGV[1], '^(.-),(.-),(.-),(.-),(.-),(.-)$')
local step_name, save = ARGV[2], ARGV[3]
if status ~= 'running' or epoch ~= ours then return {0} end
if new_seq ~= '' and tonumber(new_seq) ~= tonumber(seq) + 1 then return {0} end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local fields = {'updated_at', string.format('%.0f', now)}
local function set(name, value)
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
if new_seq ~= '' then
  set('seq', new_seq)
  if full == '1' then
    set('full_seq', new_seq)
    full_seq = new_seq
  end
  if is_step == '1' then set('step_name', step_name) end
  redis.call('RPUSH', KEYS[2], string.format('%016.0f', now) .. save)
end
if keep_last == '1' and first ~= full_seq then
  redis.call('LTRIM', KEYS[2], tonumber(full_seq) - tonumber(first), -1)
  set('first_seq', full_seq)
end
if lease ~= '' then
  local prefix = 'l:' .. redis.sha1hex(flow) .. ':'
  redis.call('ZREM', KEYS[3], prefix .. string.format('%016.0f', tonumber(lease_until)) .. ':' .. id)
  lease_until = string.format('%.0f', now + tonumber(lease))
  redis.call('ZADD', KEYS[3], 0, prefix .. string.format('%016.0f', tonumber(lease_until)) .. ':' .. id)
  set('lease_until', lease_until)
end
redis.call('HSET', KEYS[1], unpack(fields))
return {1, lease_until, cancel}
"""

DECIDE = (
    _COMMON
    + """
local row = load()
if not row then return {-1} end
local kind, gate, decision = unpack(ARGV)
local now = clock()
local known = redis.call('HEXISTS', DECISIONS, 'g' .. gate) == 1
local new = copied(row)
new.updated_at = text(now)
local function release(status)
  new.status, new.status_at, new.owner, new.lease_until = status, text(now), nil, nil
  new.waiting_for, new.expires_at, new.due_at = nil, nil, nil
end
if kind == 'cancel' then
  local final = ',completed,rejected,expired,cancelled,'
  if row.cancel_requested == '1' or string.find(final, ',' .. row.status .. ',', 1, true) then
    return {0, flattened(row), text(now)}
  end
  new.cancel_requested = '1'
  if not lives(row, now) then release('cancelled') end
else
  local over = row.expires_at ~= nil and tonumber(row.expires_at) <= now
  if known or row.status ~= 'waiting' or row.waiting_for ~= gate or over ~= (kind == 'expire') then
    return {0, flattened(row), text(now)}
  end
  new.cancel_requested = '0'
  release(({approve = 'pending', reject = 'rejected', expire = 'expired'})[kind])
end
if not known then
  new.decided = text(tonumber(row.decided) + 1)
  redis.call('HSET', DECISIONS, 'g' .. gate, padded(new.decided) .. padded(now) .. decision)
end
store(row, new)
reindex(row, new)
return {1, flattened(new), text(now)}
"""
)

READ = (
    _COMMON
    + """
local row = load()
if not row then return {-1} end
local now, first, last, upto = clock(), tonumber(row.full_seq), -1, ARGV[1]
if upto ~= '' then
  local base = tonumber(row.first_seq)
  last = math.min(tonumber(upto), tonumber(row.seq)) - base
  if last < 0 then return {1, flattened(row), text(now), {}, redis.call('HVALS', DECISIONS), ''} end
  local place = last
  while place > 0 and string.sub(redis.call('LINDEX', SAVES, place) or '', 17, 17) ~= 'F' do place = place - 1 end
  return {1, flattened(row), text(now), redis.call('LRANGE', SAVES, place, last), redis.call('HVALS', DECISIONS), ''}
end
return {1, flattened(row), text(now), chain(row, first), redis.call('HVALS', DECISIONS), ''}
"""
)

HISTORY = (
    _COMMON
    + """
local row = load()
if not row then return {-1} end
local first = math.max(tonumber(ARGV[1]) + 1 - tonumber(row.first_seq), 0)
local last = -1
if ARGV[2] ~= '' then last = first + tonumber(ARGV[2]) - 1 end
return {1, redis.call('LRANGE', SAVES, first, last), row.first_seq, row.seq}
"""
)

DELETE = (
    _COMMON
    + """
local row = load()
if not row then return {-1} end
local now, status, age = clock(), ARGV[1], ARGV[2]
if lives(row, now) or (status ~= '' and (row.status ~= status or tonumber(row.status_at) > now - tonumber(age))) then
  return {0, flattened(row), text(now)}
end
redis.call('DEL', RUN, SAVES, DECISIONS)
reindex(row, nil)
return {1}
"""
)

# What is due, as the ids and the time; KEYS are the index alone.
DUE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local flow, grace, limit = unpack(ARGV)
local found = {}
for _, mark in ipairs({'l', 'e', 'd', 'p'}) do
  local before = now
  if mark == 'p' then before = now - tonumber(grace) end
  local prefix = mark .. ':' .. flow .. ':'
  local last = prefix .. string.format('%016.0f', before) .. ';'
  for _, member in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], '[' .. prefix, '(' .. last, 'LIMIT', 0, limit)) do
    found[#found + 1] = string.sub(member, #prefix + 18)
  end
end
return {string.format('%.0f', now), found}
"""

OLD = """
local time = redis.call('TIME')
local before = tonumber(time[1]) * 1000000 + tonumber(time[2]) - tonumber(ARGV[2])
local prefix = 'a:' .. ARGV[1] .. ':'
local last = prefix .. string.format('%016.0f', before) .. ';'
local found = {}
for _, member in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], '[' .. prefix, '(' .. last, 'LIMIT', 0, ARGV[3])) do
  found[#found + 1] = string.sub(member, #prefix + 18)
end
return found
"""

SETUP = """
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SET', KEYS[1], ARGV[1]) end
return redis.call('GET', KEYS[1])
"""
