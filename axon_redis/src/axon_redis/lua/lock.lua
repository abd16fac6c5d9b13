-- KEYS: the lock, the fence of the namespace. ARGV: token, milliseconds.
-- The value of a lock is its token, 32 characters, and its fence. A second request with the same token gives the same.
local held = redis.call('GET', KEYS[1])
local fence
if not held then
  -- The time, so that fences grow even where the last one was forgotten.
  local time = redis.call('TIME')
  local last = tonumber(redis.call('GET', KEYS[2]) or 0)
  fence = string.format('%.0f', math.max(time[1] * 1000000 + time[2], last + 1))
  redis.call('SET', KEYS[2], fence, 'EX', 86400)
elseif string.sub(held, 1, 32) == ARGV[1] then
  fence = string.sub(held, 33)
else
  return {false, redis.call('PTTL', KEYS[1])}
end
redis.call('SET', KEYS[1], ARGV[1] .. fence, 'PX', ARGV[2])
return {fence, replicas()}
