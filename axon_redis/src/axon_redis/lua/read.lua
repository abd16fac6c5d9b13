-- Read entries and note that they were read. ARGV: "refresh" or "", "lru", "ttl" or "", the time in microseconds, ids.
-- A value begins with the head of an array, its version, and when it expires: the moment (15 bytes), the lifetime in
-- microseconds (9 bytes) and whether it was refreshed (1 byte), all of MessagePack.
-- Gives the values as they were before.
local LAST_SECOND = 253402300799 -- of the year 9999
local refresh, eviction, now = ARGV[1] == 'refresh', ARGV[2], tonumber(ARGV[3])
local values, longest, left, use = {}, 0, nil, nil
for at = 4, #ARGV do
  local id = ARGV[at]
  local value = call('GET', base .. id)
  values[#values + 1] = value
  local rank
  if value and refresh and string.byte(value, 3) == 0xc7 then
    local expires = struct.unpack('>I8', value, 10) * 1000000 + math.floor(struct.unpack('>I4', value, 6) / 1000)
    -- Seconds and the rest apart: a number of Lua's holds microseconds up to the year 2255. 2^32 is 4294967296.
    local high, low = struct.unpack('>I4I4', value, 19)
    local rest = high * 967296 + low
    local lifetime = high * 4294 + math.floor(rest / 1000000)
    rest = rest % 1000000
    if expires > now and (lifetime > 0 or rest > 0) then
      local milliseconds = lifetime * 1000 + math.ceil(rest / 1000)
      rest = rest + now % 1000000
      local seconds = math.floor(now / 1000000) + lifetime + math.floor(rest / 1000000)
      rest = rest % 1000000
      if seconds > LAST_SECOND then seconds, rest = LAST_SECOND, 999999 end
      -- A full server refuses to change a value; the entry is then read as it is.
      local set = redis.pcall('SETRANGE', base .. id, 5, struct.pack('>I4I8', rest * 1000, seconds))
      if not (type(set) == 'table' and set.err) then
        redis.pcall('SETRANGE', base .. id, 26, '\195')
        call('PEXPIRE', base .. id, milliseconds)
        longest = math.max(longest, milliseconds)
      end
      if eviction == 'ttl' then rank = seconds * 1000000 + rest end
    end
  end
  if value and eviction == 'lru' then
    if not use then use = tonumber(call('ZREVRANGE', RANKS, 0, 0, 'WITHSCORES')[2] or 0) end
    use = use + 1
    rank = use
  end
  if rank then
    local record = call('HGET', RECORDS, id)
    if record then redis.pcall('ZADD', RANKS, 'XX', string.format('%.17g', rank), sub(record, 1, 7) .. id) end
  end
end
if longest > 0 then outlive(longest, call('PTTL', DUE)) end
return values
