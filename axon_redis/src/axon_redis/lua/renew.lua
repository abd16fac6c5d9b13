-- KEYS: the lock. ARGV: token, milliseconds. How many replicas there are, if it is held.
local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, 32) ~= ARGV[1] then
  return false
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return replicas()
