-- KEYS: the window. ARGV: its length in microseconds, the limit, the weight, to how many microseconds moments are
-- rounded up.
-- Gives what is left afterwards; where it may not happen a pair: what is left, and in how many microseconds it may (-1: never).
local limit, weight, step = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local surplus = used + weight - limit
if surplus > 0 then
  local wait = -1
  if weight <= limit then
    local place = search(gone + 1, function(_, total) return (total - base) % 2^52 >= surplus end)
    wait = part(place) + per - now
  end
  return {math.max(0, limit - used), wait}
end
if used == 0 then
  call('DEL', key)
  call('RPUSH', key, pack('<dd', 0, 0))
  last, sum = 0, 0
elseif gone > 0 then
  call('LTRIM', key, gone, -1)
end
local moment = math.ceil(now / step) * step
sum = (sum + weight) % 2^52
if moment <= last then -- in the same step, or the clock was set back: it counts longer, and never too short
  moment = last
  call('LSET', key, -1, pack('<dd', moment, sum))
else
  call('RPUSH', key, pack('<dd', moment, sum))
end
call('PEXPIRE', key, math.ceil((moment + per - now) / 1000))
return -surplus
