-- KEYS: the value. ARGV: the old one; then, where there is to be one, the new one with its stamp, and milliseconds.
local found = redis.call('GET', KEYS[1])
if not found or string.sub(found, 9) ~= ARGV[1] then
  return 0
end
if ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
else
  redis.call('DEL', KEYS[1])
end
return 1
