-- Save entries, with their postings, in one step.
-- ARGV: how many there may be (0: any), "lru" or "", the SHA-1 of what is replaced (update) or "", then for each entry:
--   id, value, lifetime in ms (0: for ever, below: expired), record, and a rank if their number is limited
-- Gives 0; 1: the namespace was empty; 2: a part of the index is missing; 3: something else lies there by now, nothing saved.
local most, least_used, expected = tonumber(ARGV[1]), ARGV[2] == 'lru', ARGV[3]
local stride = most > 0 and 5 or 4
if expected ~= '' then
  local value = call('GET', base .. ARGV[4])
  if not value or redis.sha1hex(value) ~= expected then return 3 end
end

local ids = {}
for at = 4, #ARGV, stride do ids[#ids + 1] = ARGV[at] end
local old = call('HMGET', RECORDS, '', unpack(ids))
local there = call('EXISTS', POSTINGS, DUE, RECORDS)
local whole = 3
local ranked = call('EXISTS', RANKS)
if most > 0 then
  there, whole = there + ranked, 4
elseif ranked == 1 then
  call('UNLINK', RANKS)
end
local left = there == 0 and -2 or call('PTTL', DUE)

local add, remove, records, due, ranks, unranked, length = {}, {}, {}, {}, {}, {}, 0
local longest, last, expired = -1, {}, {}
for n, id in ipairs(ids) do last[id] = n end
local now = milliseconds()
local use
if least_used then
  local highest = call('ZREVRANGE', RANKS, 0, 0, 'WITHSCORES')
  use = tonumber(highest[2] or 0)
end
for n, id in ipairs(ids) do
  if last[id] == n then -- of several with one id the last counts
    local at = 4 + (n - 1) * stride
    local lifetime, record, before = tonumber(ARGV[at + 2]), ARGV[at + 3], old[n + 1]
    if lifetime < 0 then
      expired[#expired + 1] = id
    else
      if before ~= record or there < whole then
        if before then
          append(remove, id, before, false)
          length = length - words(before)
          unranked[#unranked + 1] = sub(before, 1, 7) .. id
        end
        append(add, id, record, true)
        length = length + words(record)
        records[#records + 1] = id
        records[#records + 1] = record
      end
      due[#due + 1] = lifetime == 0 and '+inf' or now + lifetime + 1
      due[#due + 1] = id
      if most > 0 then
        if least_used then use = use + 1 end
        ranks[#ranks + 1] = use or ARGV[at + 4]
        ranks[#ranks + 1] = sub(record, 1, 7) .. id
      end
      if lifetime == 0 or longest == 0 then longest = 0 else longest = math.max(longest, lifetime) end
    end
  end
end

-- The index first: should a key of it be no key of ours, this fails before an entry is touched.
if #remove > 0 then chunked('ZREM', POSTINGS, remove) end
if #add > 0 then
  chunked('ZADD', POSTINGS, add)
  chunked('HSET', RECORDS, records)
  if length ~= 0 then call('HINCRBY', RECORDS, '', length) end
end
if #due > 0 then chunked('ZADD', DUE, due) end
if #ranks > 0 then
  if #unranked > 0 then call('ZREM', RANKS, unpack(unranked)) end
  chunked('ZADD', RANKS, ranks)
end
for n, id in ipairs(ids) do
  if last[id] == n then
    local at = 4 + (n - 1) * stride
    local lifetime = tonumber(ARGV[at + 2])
    if lifetime == 0 then
      call('SET', base .. id, ARGV[at + 1])
    elseif lifetime > 0 then
      call('SET', base .. id, ARGV[at + 1], 'PX', lifetime)
    end
  end
end
if #expired > 0 then
  call('UNLINK', unpack(keys_of(expired)))
  unindex(expired)
end

if most > 0 then
  local over = call('ZCARD', RANKS) - most
  while over > 0 and expire(100) > 0 do over = call('ZCARD', RANKS) - most end
  if over > 0 then
    local lowest = {}
    for n, member in ipairs(call('ZRANGE', RANKS, 0, math.min(over, 500) - 1)) do lowest[n] = sub(member, 8) end
    call('UNLINK', unpack(keys_of(lowest)))
    unindex(lowest)
  end
end

if longest >= 0 then
  if there < whole and there > 0 then left = -2 end
  outlive(longest, left)
end
if there == whole then return 0 end
local complete = call('GET', COMPLETE)
if there == 0 and not complete then return 1 end
if there == 0 and complete == 'e' then -- it was looked at and found empty a moment ago
  call('SET', COMPLETE, '1')
  left = call('PTTL', DUE)
  if left > 0 then call('PEXPIRE', COMPLETE, left) end
  return 0
end
if complete ~= '0' then call('SET', COMPLETE, '0', 'KEEPTTL') end -- evicted, and begun anew just now: who reads must know
if there > 0 then call('DEL', REBUILD) end
return 2
