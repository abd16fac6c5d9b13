-- KEYS: the window. ARGV: its length in microseconds.
return used
