"""Three packages of a shop: orders composes the flows of pricing and shipping."""
