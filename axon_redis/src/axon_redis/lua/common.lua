-- What every script begins with: the keys of a namespace, and putting entries into its index and taking them out.
--
-- KEYS[1] is the key of the postings, such as "{shop:session}:i"; what is before the colon is the base of all keys. An entry
-- lies at base .. id, where id is packed ("=note", or "#" and 16 bytes). A cluster is told of all keys that are touched.
--
-- Its record says what it is indexed by:
--   7 time, 1 importance, 3 number of words, 6 hash of the id, 2 number of terms,
--   6 for each term (tags, user, session), 7 for each different word: 6 the word, 1 how often,
--   and behind these, written here, 3 for each word: the block that refers to the entry.
-- A posting is a member of a sorted set in which all scores are 0: term .. time .. id .. importance.
-- Words are fields of a hash. A word leads to its last block: 4 how many entries have it, 3 number of the block, then
-- 16 for each entry: its reference (7 time, 6 hash of the id), 2 number of its words, 1 how often it has this one. Full
-- blocks lie at word .. number. A reference leads to an id.
local base = string.sub(KEYS[1], 1, -3)
local POSTINGS, DUE, RECORDS, RANKS, WORDS = base .. ':i', base .. ':x', base .. ':f', base .. ':r', base .. ':w'
local COMPLETE, REBUILD = base .. ':c', base .. ':b'
local INDEX = {POSTINGS, DUE, RECORDS, RANKS, WORDS, COMPLETE}
-- What a script takes out of the index at the most, in postings and words: it must not hold the server for long.
local AFFORDABLE = 4000
local EVERYTHING = '\0\0\0\0\0\0'
local BLOCK = 32
local call, sub, byte = redis.call, string.sub, string.byte

local function milliseconds()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Lua's stack holds some thousand arguments.
local function chunked(command, key, arguments)
  for first = 1, #arguments, 4000 do
    call(command, key, unpack(arguments, first, math.min(first + 3999, #arguments)))
  end
end

-- What a refresh does not change of a value, as a digest.
local function digest(value)
  return redis.sha1hex(byte(value, 3) == 0xc7 and sub(value, 1, 5) .. sub(value, 28) or value)
end

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

local function keys_of(ids)
  local keys = {}
  for n, id in ipairs(ids) do keys[n] = base .. id end
  return keys
end

local function length_of(record)
  local high, middle, low = byte(record, 9, 11)
  return high * 65536 + middle * 256 + low
end

local function reference_of(record)
  return sub(record, 1, 7) .. sub(record, 12, 17)
end

-- Where the words of a record begin.
local function words_at(record)
  local high, low = byte(record, 18, 19)
  return 20 + 6 * (high * 256 + low)
end

-- Append the postings of a record to members; with scored, each after the score 0.
local function append(members, id, record, scored)
  local n = #members
  local tail = sub(record, 1, 7) .. id .. sub(record, 8, 8)
  if scored then
    members[n + 1], members[n + 2] = 0, EVERYTHING .. tail
    n = n + 2
    for at = 20, words_at(record) - 1, 6 do
      members[n + 1], members[n + 2] = 0, sub(record, at, at + 5) .. tail
      n = n + 2
    end
  else
    members[n + 1] = EVERYTHING .. tail
    n = n + 1
    for at = 20, words_at(record) - 1, 6 do
      n = n + 1
      members[n] = sub(record, at, at + 5) .. tail
    end
  end
end

-- Words, as they change in one script: each block is read once and written once.
-- By word: [1] how many entries have it, [2] the number of its last block, [3] the same in 3 bytes, [4] how many entries
-- the last block has, [5] what is to be written behind it, [6] the last block itself, [7] a full block that is to be written.
local opened, full, forgotten = {}, {}, {}

local function open(words)
  for first = 1, #words, 4000 do
    local last = math.min(first + 3999, #words)
    for n, value in ipairs(call('HMGET', WORDS, unpack(words, first, last))) do
      local word = words[first + n - 1]
      if value then
        local count, number = struct.unpack('>I4I3', value)
        opened[word] = {count, number, sub(value, 5, 7), (#value - 7) / 16, {}, sub(value, 8)}
      else
        opened[word] = {0, 0, '\0\0\0', 0, {}, ''}
      end
    end
  end
end

local function unopened(words, known, record, from, to)
  for at = from, to, 7 do
    local word = sub(record, at, at + 5)
    if not opened[word] and not known[word] then
      known[word] = true
      words[#words + 1] = word
    end
  end
end

local function without(block, reference)
  local at = string.find(block, reference, 1, true)
  while at and at % 16 ~= 1 do at = string.find(block, reference, at + 1, true) end
  return at and sub(block, 1, at - 1) .. sub(block, at + 16)
end

-- Let the words of records, as they are stored, no longer refer to their entries; forget what the references stand for,
-- but those of keep.
local function remove_words(records, keep)
  local words, known = {}, {}
  for n, record in ipairs(records) do
    local start = words_at(record)
    local behind = start + (#record - start + 1) / 10 * 7
    unopened(words, known, record, start, behind - 1)
    local reference = reference_of(record)
    if not (keep and keep[reference]) then forgotten[#forgotten + 1] = reference end
  end
  if #words > 0 then open(words) end
  local others, asked = {}, {}
  for _, record in ipairs(records) do
    local start = words_at(record)
    local behind = start + (#record - start + 1) / 10 * 7
    for at = start, behind - 1, 7 do
      local word, place = sub(record, at, at + 5), behind + (at - start) / 7 * 3
      local number = sub(record, place, place + 2)
      local field = word .. number
      if opened[word][3] ~= number and full[field] == nil and not asked[field] then
        asked[field] = true
        others[#others + 1] = field
      end
    end
  end
  for first = 1, #others, 4000 do
    local last = math.min(first + 3999, #others)
    for n, value in ipairs(call('HMGET', WORDS, unpack(others, first, last))) do full[others[first + n - 1]] = value end
  end
  for _, record in ipairs(records) do
    local start, reference = words_at(record), reference_of(record)
    local behind = start + (#record - start + 1) / 10 * 7
    for at = start, behind - 1, 7 do
      local word, place = sub(record, at, at + 5), behind + (at - start) / 7 * 3
      local number = sub(record, place, place + 2)
      local state = opened[word]
      if state[3] == number then
        local left = without(state[6], reference)
        if left then state[1], state[4], state[6] = state[1] - 1, state[4] - 1, left end
      else
        local field = word .. number
        local left = full[field] and without(full[field], reference)
        if left then state[1], full[field] = state[1] - 1, left end
      end
    end
  end
end

-- Let the words of new records refer to their entries. Gives the records as they are to be stored.
local function add_words(ids, records)
  local words, known, stored, references = {}, {}, {}, {}
  for _, record in ipairs(records) do unopened(words, known, record, words_at(record), #record) end
  if #words > 0 then open(words) end
  for n, record in ipairs(records) do
    local reference = reference_of(record)
    references[2 * n - 1], references[2 * n] = reference, ids[n]
    local length = byte(record, 9) > 0 and '\255\255' or sub(record, 10, 11)
    local begin, numbers, count = reference .. length, {record}, 1
    for at = words_at(record), #record, 7 do
      local word = sub(record, at, at + 5)
      local state = opened[word]
      local behind = state[5]
      if state[4] == BLOCK then
        full[word .. state[3]] = state[6] .. table.concat(behind)
        state[2] = state[2] + 1
        state[3], state[4], state[6] = struct.pack('>I3', state[2]), 0, ''
        behind = {}
        state[5] = behind
      end
      state[1], state[4] = state[1] + 1, state[4] + 1
      behind[#behind + 1] = begin .. sub(record, at + 6, at + 6)
      count = count + 1
      numbers[count] = state[3]
    end
    stored[n] = table.concat(numbers)
  end
  chunked('HSET', WORDS, references)
  return stored
end

local function write_words(forgiving)
  local set, unset = {}, forgotten
  local n = 0
  for word, state in pairs(opened) do
    if state[1] == 0 then
      unset[#unset + 1] = word
    else
      set[n + 1], set[n + 2] = word, struct.pack('>I4', state[1]) .. state[3] .. state[6] .. table.concat(state[5])
      n = n + 2
    end
  end
  for field, block in pairs(full) do
    if block == '' then
      unset[#unset + 1] = field
    elseif block then
      set[n + 1], set[n + 2] = field, block
      n = n + 2
    end
  end
  if n > 0 then
    if forgiving then
      -- A full server refuses this, and still entries must go: what then refers to nothing is passed over by who reads.
      for first = 1, n, 4000 do redis.pcall('HSET', WORDS, unpack(set, first, math.min(first + 3999, n))) end
    else
      chunked('HSET', WORDS, set)
    end
  end
  if #unset > 0 then chunked('HDEL', WORDS, unset) end
  opened, full, forgotten = {}, {}, {}
end

-- Write the words and the records of entries of which the postings are written.
local function write_records(ids, records, length, said)
  if sub(said, 1, 1) == 'w' then records = add_words(ids, records) end
  write_words()
  local pairs_of = {}
  for n, id in ipairs(ids) do
    pairs_of[2 * n - 1], pairs_of[2 * n] = id, records[n]
  end
  chunked('HSET', RECORDS, pairs_of)
  if length ~= 0 then call('HINCRBY', RECORDS, '', length) end
end

-- The first of ids, as many as can be taken out of the index in one call but one at least, and their records.
local function affordable(ids)
  if #ids == 0 then return ids, {} end
  local records, cost = call('HMGET', RECORDS, unpack(ids)), 0
  for n = 1, #ids do
    cost = cost + (records[n] and #records[n] / 8 or 1)
    if cost > AFFORDABLE and n > 1 then
      return {unpack(ids, 1, n - 1)}, records
    end
  end
  return ids, records
end

-- Take entries with these records out of the index; what there is at their keys is the caller's affair.
local function unindex(ids, found)
  if #ids == 0 then return end
  local members, ranked, gone, records, length = {}, {}, {}, {}, 0
  for n, id in ipairs(ids) do
    local record = found[n]
    if record then
      append(members, id, record, false)
      ranked[#ranked + 1] = sub(record, 1, 7) .. id
      length = length + length_of(record)
      gone[#gone + 1] = id
      records[#records + 1] = record
    end
  end
  if #gone > 0 then
    chunked('ZREM', POSTINGS, members)
    call('HDEL', RECORDS, unpack(gone))
    call('ZREM', RANKS, unpack(ranked))
    remove_words(records)
    write_words(true)
    if length ~= 0 then redis.pcall('HINCRBY', RECORDS, '', -length) end
  end
  call('ZREM', DUE, unpack(ids))
  local last = call('ZREVRANGE', DUE, 0, 0, 'WITHSCORES')
  if #last == 0 then
    call('UNLINK', POSTINGS, RECORDS, RANKS, WORDS)
    if call('GET', COMPLETE) ~= '0' then call('DEL', COMPLETE) else call('PEXPIRE', COMPLETE, 60000) end
  elseif last[2] ~= 'inf' and call('PTTL', DUE) == -1 then
    -- The last that lived for ever is gone: an index that nobody uses must not stay for ever either.
    local keep = math.max(tonumber(last[2]) - milliseconds(), 7 * 86400000) + 60000
    for _, key in ipairs(INDEX) do call('PEXPIRE', key, keep) end
  end
end

-- Take out those whose time has come, at most so many. A refresh leaves the time as it was, so the entry is asked.
-- Gives how many, and budget where there may be more.
local function expire(budget)
  local now = milliseconds()
  local due = call('ZRANGEBYSCORE', DUE, '-inf', now, 'LIMIT', 0, budget)
  local gone, again = {}, {}
  for _, id in ipairs(due) do
    local left = call('PTTL', base .. id)
    if left == -2 then
      gone[#gone + 1] = id
    else
      again[#again + 1] = left == -1 and '+inf' or now + left + 1
      again[#again + 1] = id
    end
  end
  if #again > 0 then redis.pcall('ZADD', DUE, unpack(again)) end -- a full server refuses: then it is asked again
  local some, records = affordable(gone)
  unindex(some, records)
  return #some < #gone and budget or #due
end

-- Take out what goes first where there are more entries than so many (0: any number). Gives how many too many are left.
local function evict(most)
  if most == 0 then return 0 end
  local over = call('ZCARD', RANKS) - most
  while over > 0 and expire(100) > 0 do over = call('ZCARD', RANKS) - most end
  if over <= 0 then return 0 end
  local lowest = {}
  for n, member in ipairs(call('ZRANGE', RANKS, 0, math.min(over, 200) - 1)) do lowest[n] = sub(member, 8) end
  local some, records = affordable(lowest)
  call('UNLINK', unpack(keys_of(some)))
  unindex(some, records)
  return over - #some
end

-- Let the index live longer than what lives for so many milliseconds; 0: for ever.
local function outlive(lifetime, left)
  if lifetime == 0 then
    if left ~= -1 then
      for _, key in ipairs(INDEX) do call('PERSIST', key) end
    end
  elseif left ~= -1 and left < lifetime + 60000 then
    for _, key in ipairs(INDEX) do call('PEXPIRE', key, 2 * lifetime + 60000) end
  end
end

-- Say that the index is complete: what says so lives as long as the index.
local function vouch(said)
  call('SET', COMPLETE, said)
  local left = call('PTTL', DUE)
  if left > 0 then call('PEXPIRE', COMPLETE, left) end
end

-- How many of the keys are there that an index of these rules has, and how many it has. What "said" is: whether it has
-- words ("w") and ranks ("r"), and what else other rules would do otherwise.
local function parts(said)
  local keys = {POSTINGS, DUE, RECORDS}
  if sub(said, 1, 1) == 'w' then keys[#keys + 1] = WORDS end
  if sub(said, 2, 2) == 'r' then keys[#keys + 1] = RANKS end
  return call('EXISTS', unpack(keys)), #keys
end

-- Whether an index may lack entries: something evicted a part of it, or nobody vouches for it.
local function doubtful(said)
  local there, whole = parts(said)
  local complete = call('GET', COMPLETE)
  return not (there == whole and complete == said or there == 0 and complete == 'e')
end
