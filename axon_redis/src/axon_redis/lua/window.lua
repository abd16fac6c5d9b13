-- A window is a list of parts in the order of time. A part is two numbers: the moment, and the sum of all weights up to
-- it, modulo 2^52. The first part no longer counts: from its sum on the others do.
local key, per = KEYS[1], tonumber(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local first = redis.call('LRANGE', key, 0, 1)

local function part(index)
  return struct.unpack('<dd', redis.call('LINDEX', key, index))
end

-- The first place from `from` on at which `holds` does, or the length.
local function search(from, holds)
  local last = redis.call('LLEN', key)
  while from < last do
    local middle = math.floor((from + last) / 2)
    if holds(part(middle)) then
      last = middle
    else
      from = middle + 1
    end
  end
  return from
end

-- How many parts no longer count, beside the first; how much the others weigh; the moment and the sum of the last one.
local function state()
  if not first[2] then
    return 0, 0
  end
  local _, base = struct.unpack('<dd', first[1])
  local gone, time, sum = 0, part(-1)
  if struct.unpack('<dd', first[2]) + per <= now then
    gone = search(1, function(moment) return moment + per > now end) - 1
    base = select(2, part(gone))
  end
  return gone, (sum - base) % 2^52, time, sum, base
end
