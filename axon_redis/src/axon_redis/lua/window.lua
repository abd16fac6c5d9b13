-- A window is a list of parts in the order of time. A part is two numbers: the moment, and the sum of all weights up to
-- it, modulo 2^52. The first part no longer counts: from its sum on the others do.
local call, pack, unpack = redis.call, struct.pack, struct.unpack
local key, per = KEYS[1], tonumber(ARGV[1])
local clock = call('TIME')
local now = clock[1] * 1000000 + clock[2]

local function part(index)
  return unpack('<dd', call('LINDEX', key, index))
end

-- The first place from `from` on at which `holds` does, or the length.
local function search(from, holds)
  local last = call('LLEN', key)
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

-- How many parts no longer count, beside the first; how much the others weigh; and two sums: before these, and with them.
local gone, used, base, sum, last = 0, 0, 0, 0, 0
local first = call('LRANGE', key, 0, 1)
if first[2] then
  last, sum = part(-1)
  if unpack('<dd', first[2]) + per > now then
    base = select(2, unpack('<dd', first[1]))
  else
    gone = search(1, function(moment) return moment + per > now end) - 1
    base = select(2, part(gone))
  end
  used = (sum - base) % 2^52
end
