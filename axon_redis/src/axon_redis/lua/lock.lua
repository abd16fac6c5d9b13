-- KEYS: the lock, the last fence. ARGV: token, milliseconds, whether to count the replicas.
-- The value of a lock is its token, 32 characters, and its fence. A second request with the same token gives the same.
local held, fence = redis.call('GET', KEYS[1])
if not held then
  fence = redis.call('INCR', KEYS[2])
  if fence == 1 then -- the first one, or the last one was forgotten: from the time on, fences grow nevertheless
    local time = redis.call('TIME')
    fence = time[1] * 1000000 + time[2]
    redis.call('SET', KEYS[2], string.format('%.0f', fence))
  end
  fence = string.format('%.0f', fence)
elseif string.sub(held, 1, 32) == ARGV[1] then
  fence = string.sub(held, 33)
else
  return {false, redis.call('PTTL', KEYS[1])}
end
redis.call('SET', KEYS[1], ARGV[1] .. fence, 'PX', ARGV[2])
return ARGV[3] == '' and fence or {fence, replicas()}
