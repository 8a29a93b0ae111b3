"""The algebra of contexts: what is known of a context's keys before and after every step of a table."""
