-- KEYS: the lock. ARGV: token.
local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, 32) ~= ARGV[1] then
  return 0
end
return redis.call('DEL', KEYS[1])
