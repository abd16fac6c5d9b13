-- Save entries, with what they are indexed by, in one step.
-- ARGV: what a complete index of these rules is called, how many entries there may be (0: any), "lru" or "", the digest
--   of what is replaced (update) or "", the words of all entries, for each entry the places of its words among these
--   (MessagePack, from 1 on), then for each entry: id, value, lifetime in ms (0: for ever, below: expired, and for an
--   update "": as it is), record, and a rank if their number is limited
-- Gives 0, and 4 more if there still are too many; 1: nobody vouches for the index, as for a new one; 2: the index may
-- lack entries; 3: something else lies there by now, nothing saved.

-- Take members out of a sorted set but those that were just put in, each after its score. In this order, since a set that
-- is empty in between is gone, and with it the time when it expires.
local function replace(key, old, new)
  if #old == 0 then return end
  local stays, goes = {}, {}
  for n = 2, #new, 2 do stays[new[n]] = true end
  for _, member in ipairs(old) do
    if not stays[member] then goes[#goes + 1] = member end
  end
  if #goes > 0 then chunked('ZREM', key, goes) end
end

local said, most, least_used, expected = ARGV[1], tonumber(ARGV[2]), ARGV[3] == 'lru', ARGV[4]
local stride = most > 0 and 5 or 4
if expected ~= '' then
  local value = call('GET', base .. ARGV[7])
  if not value or digest(value) ~= expected then return 3 end
  if ARGV[9] == '' then -- an update that leaves its end as it is, which somebody may have refreshed meanwhile
    if byte(value, 3) ~= 0xc7 or byte(ARGV[8], 3) ~= 0xc7 then return 3 end
    ARGV[8] = sub(ARGV[8], 1, 5) .. sub(value, 6, 17) .. sub(ARGV[8], 18, 26) .. sub(value, 27, 27) .. sub(ARGV[8], 28)
    local kept = call('PTTL', base .. ARGV[7])
    ARGV[9] = kept < 0 and '0' or tostring(math.max(1, kept))
  end
end

local words, places = words_of(ARGV[5]), cmsgpack.unpack(ARGV[6])
local ids, last = {}, {}
for at = 7, #ARGV, stride do
  ids[#ids + 1] = ARGV[at]
  last[ARGV[at]] = #ids -- of several with one id the last counts
end
local stored = call('HMGET', RECORDS, unpack(ids))
local complete = call('GET', COMPLETE)
local there, whole = parts(said)
local left = there == 0 and -2 or call('PTTL', DUE)
local trusted = there == whole and vouches(complete, said)

local add, remove, due, ranks, unranked, expired = {}, {}, {}, {}, {}, {}
local new_ids, new_records, new_places, old_records, keep = {}, {}, {}, {}, {}
local longest, length, now, use = -1, 0, milliseconds(), nil
if least_used then use = tonumber(call('ZREVRANGE', RANKS, 0, 0, 'WITHSCORES')[2] or 0) end
for n, id in ipairs(ids) do
  if last[id] == n then
    local at = 7 + (n - 1) * stride
    local lifetime, record, before = tonumber(ARGV[at + 2]), ARGV[at + 3], stored[n]
    if lifetime < 0 then
      expired[#expired + 1] = id
    else
      local same = before and trusted and #before == #record + 3 * #places[n] and sub(before, 1, #record) == record
      if not same then
        if before then
          append(remove, id, before, false)
          length = length - length_of(before)
          unranked[#unranked + 1] = sub(before, 1, 7) .. id
          old_records[#old_records + 1] = before
        end
        append(add, id, record, true)
        length = length + length_of(record)
        new_ids[#new_ids + 1] = id
        new_records[#new_records + 1] = record
        new_places[#new_places + 1] = places[n]
        keep[reference_of(record)] = true
      end
      due[#due + 1] = lifetime == 0 and '+inf' or now + lifetime + 1
      due[#due + 1] = id
      if most > 0 then
        if use then use = use + 1 end
        ranks[#ranks + 1] = use or ARGV[at + 4]
        ranks[#ranks + 1] = sub(record, 1, 7) .. id
      end
      if lifetime == 0 or longest == 0 then longest = 0 else longest = math.max(longest, lifetime) end
    end
  end
end

-- The index first: should a key of it be no key of ours, this fails before an entry is touched.
if #add > 0 then
  chunked('ZADD', POSTINGS, add)
  replace(POSTINGS, remove, add)
  write_records(new_ids, new_records, length, said, words, new_places)
  if #old_records > 0 then removing().remove_words(old_records, keep) end -- now, since a hash that is empty in between is gone too
end
if #due > 0 then chunked('ZADD', DUE, due) end
if #ranks > 0 then
  chunked('ZADD', RANKS, ranks)
  replace(RANKS, unranked, ranks)
end
for n, id in ipairs(ids) do
  if last[id] == n then
    local at = 7 + (n - 1) * stride
    local lifetime = tonumber(ARGV[at + 2])
    if lifetime == 0 then
      call('SET', base .. id, ARGV[at + 1])
    elseif lifetime > 0 then
      call('SET', base .. id, ARGV[at + 1], 'PX', ARGV[at + 2])
    end
  end
end
if #expired > 0 then
  local keys = {}
  for n, id in ipairs(expired) do keys[n] = base .. id end
  call('UNLINK', unpack(keys))
  removing().unindex(expired, call('HMGET', RECORDS, unpack(expired)))
end

local over = most > 0 and removing().evict(most) > 0 and 4 or 0

if longest >= 0 then outlive(longest, there < whole and left ~= -1 and -2 or left) end
if trusted then return over end
if not complete and (there == 0 or there == whole) then return 1 + over end
if there == 0 and complete == 'e' then -- it was looked at and found empty a moment ago
  vouch(said)
  return over
end
-- Evicted and begun anew just now, or made by other rules: who reads must know.
if complete ~= '0' then call('SET', COMPLETE, '0', 'PX', 3600000) end
if there > 0 and there < whole then call('DEL', REBUILD) end
return 2 + over
