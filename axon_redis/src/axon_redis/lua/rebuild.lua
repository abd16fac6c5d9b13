-- Begin, go on with, or finish an index made anew from the entries. ARGV: "begin", "add", "finish" or "leave", the token of
-- who does it, how long it may take without a sign of life in ms, what a complete index of these rules is called, and for
-- "finish" the run of the server that was looked through and "nothing" if nothing was found, and for "add" whether it is the
-- first, the words of all entries, for each entry the places of its words among these (MessagePack, from 1 on), then for
-- each entry: id, record, rank or "". An entry that has a record by now was saved meanwhile.
-- Gives 1, or 0: somebody else does it, or a part of the new index was evicted too.
local step, token, patience, said = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if step == 'begin' then
  -- Whatever is no part of an index is somebody else's, and stays.
  for key, kind in pairs({[POSTINGS] = 'zset', [DUE] = 'zset', [RANKS] = 'zset', [RECORDS] = 'hash', [WORDS] = 'hash'}) do
    local found = call('TYPE', key).ok
    if found ~= 'none' and found ~= kind then
      return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. found .. ' and no part of an index')
    end
  end
  if not call('SET', REBUILD, token, 'NX', 'PX', patience) then return 0 end
  call('UNLINK', POSTINGS, DUE, RECORDS, RANKS, WORDS)
  call('SET', COMPLETE, '0', 'PX', 3600000)
  return 1
end
if call('GET', REBUILD) ~= token then return 0 end
if step == 'leave' then return call('DEL', REBUILD) end
call('PEXPIRE', REBUILD, patience)
local there, whole = parts(said)
if there ~= 0 and there ~= whole then return 0 end

if step == 'finish' then
  -- What was looked through must be the server that this runs on: a slot may have moved meanwhile.
  if not string.find(call('INFO', 'server'), 'run_id:' .. ARGV[5], 1, true) then return 0 end
  if there == 0 and ARGV[6] ~= 'nothing' then return 0 end -- there was something, and all of it was evicted again
  call('DEL', REBUILD)
  if there == 0 then call('SET', COMPLETE, 'e', 'EX', 60) else vouch(said, token) end
  return 1
end

if there == 0 and ARGV[5] ~= 'first' then return 0 end
local left = there == 0 and -2 or call('PTTL', DUE)
local now, longest, length = milliseconds(), -1, 0
local words, places = words_of(ARGV[6]), cmsgpack.unpack(ARGV[7])
local add, ids, new, its, due, ranks = {}, {}, {}, {}, {}, {}
for at = 8, #ARGV, 3 do
  local id, record, rank = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local lifetime = call('PTTL', base .. id)
  if lifetime ~= -2 and call('HEXISTS', RECORDS, id) == 0 then
    append(add, id, record, true)
    length = length + length_of(record)
    ids[#ids + 1] = id
    new[#new + 1] = record
    its[#its + 1] = places[(at - 5) / 3]
    due[#due + 1] = lifetime == -1 and '+inf' or now + lifetime + 1
    due[#due + 1] = id
    if rank ~= '' then
      ranks[#ranks + 1] = rank
      ranks[#ranks + 1] = sub(record, 1, 7) .. id
    end
    if lifetime == -1 or longest == 0 then longest = 0 else longest = math.max(longest, lifetime) end
  end
end
if #add > 0 then
  chunked('ZADD', POSTINGS, add)
  write_records(ids, new, length, said, words, its)
  chunked('ZADD', DUE, due)
  if #ranks > 0 then chunked('ZADD', RANKS, ranks) end
  outlive(longest, left)
end
return 1
