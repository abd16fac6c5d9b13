-- KEYS: the window. ARGV: its length in microseconds.
local _, used = state()
return used
