-- What every script begins with: the keys of a namespace, and putting entries into its index and taking them out.
--
-- KEYS[1] is the key of the postings, such as "{shop:session}:i"; what is before the colon is the base of all keys. An entry
-- lies at base .. id, where id is packed ("=note", or "#" and 16 bytes). A cluster is told of all keys that are touched.
--
-- Its record says what it is indexed by:
--   7 time, 1 importance, 3 number of words, 6 hash of the id, 2 number of terms,
--   6 for each term (tags, user, session), 6 for each different word, then 1 for each word: how often,
--   and behind these, written here, 3 for each word: the block that refers to the entry.
-- A posting is a member of a sorted set in which all scores are 0: term .. time .. id .. importance.
-- Words are fields of a hash. A word leads to its last block: 4 how many entries the blocks before have, 3 number of the
-- block, then 16 for each entry: its reference (7 time, 6 hash of the id), 2 number of its words, 1 how often it has this
-- one. So a block is appended to without being taken apart. One that is full lies at word .. number, without the first 7.
-- A reference leads to an id.
local base = string.sub(KEYS[1], 1, -3)
local POSTINGS, DUE, RECORDS, RANKS, WORDS = base .. ':i', base .. ':x', base .. ':f', base .. ':r', base .. ':w'
local COMPLETE, REBUILD = base .. ':c', base .. ':b'
local INDEX = {POSTINGS, DUE, RECORDS, RANKS, WORDS, COMPLETE}
-- What a script takes out of the index at the most, in postings and words: it must not hold the server for long.
local AFFORDABLE = 4000
local EVERYTHING = '\0\0\0\0\0\0'
local HEAD = 7 -- bytes before the entries of a last block
local FULL = HEAD + 16 * 32
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

-- Words that a script was given, 6 bytes each.
local function words_of(packed)
  local words = {struct.unpack(string.rep('c6', #packed / 6), packed)}
  words[#words] = nil -- where it left off
  return words
end

-- Let words refer to the entries of new records; places are those of the words of each. What many have in one call is read
-- and written once. Gives the records as they are to be stored.
local function add_words(ids, records, words, places)
  local blocks = #words > 0 and call('HMGET', WORDS, unpack(words)) or {}
  local full, numbers, new, stored, set = {}, {}, {}, {}, {}
  for place, block in ipairs(blocks) do
    if not block then
      blocks[place], numbers[place] = '\0\0\0\0\0\0\0', '\0\0\0'
    elseif #block < FULL then
      numbers[place] = sub(block, 5, 7)
    else
      local before, number = struct.unpack('>I4I3', block)
      full[place], numbers[place] = block, struct.pack('>I3', number + 1)
      blocks[place] = struct.pack('>I4', before + (#block - HEAD) / 16) .. numbers[place]
    end
  end
  for n, record in ipairs(records) do
    local reference, its = reference_of(record), places[n]
    set[2 * n - 1], set[2 * n] = reference, ids[n]
    local begin = reference .. (byte(record, 9) > 0 and '\255\255' or sub(record, 10, 11))
    local once, often, behind = begin .. '\1', {byte(record, -#its, -1)}, {record}
    for at = 1, #its do
      local place, times = its[at], often[at]
      local added, before = times == 1 and once or begin .. string.char(times), new[place]
      new[place] = before and before .. added or added
      behind[at + 1] = numbers[place]
    end
    stored[n] = table.concat(behind)
  end
  local n = #set
  for place, word in ipairs(words) do
    if new[place] then
      set[n + 1], set[n + 2] = word, blocks[place] .. new[place]
      n = n + 2
      if full[place] then
        set[n + 1], set[n + 2] = word .. sub(full[place], 5, 7), sub(full[place], HEAD + 1)
        n = n + 2
      end
    end
  end
  chunked('HSET', WORDS, set)
  return stored
end

local function without(block, reference, head)
  local at = string.find(block, reference, head + 1, true)
  while at and (at - head) % 16 ~= 1 do at = string.find(block, reference, at + 1, true) end
  return at and sub(block, 1, at - 1) .. sub(block, at + 16)
end

-- What there is at some fields of the words, by field.
local function blocks_of(fields)
  local blocks = {}
  for first = 1, #fields, 4000 do
    local last = math.min(first + 3999, #fields)
    for n, block in ipairs(call('HMGET', WORDS, unpack(fields, first, last))) do blocks[fields[first + n - 1]] = block end
  end
  return blocks
end

-- Let the words of records, as they are stored, no longer refer to their entries; forget what the references stand for,
-- but those of keep. What many have is read and written once.
local function remove_words(records, keep)
  local words, numbers, references, unset, different, known = {}, {}, {}, {}, {}, {}
  for _, record in ipairs(records) do
    local start, reference = words_at(record), reference_of(record)
    local count = (#record - start + 1) / 10
    if not (keep and keep[reference]) then unset[#unset + 1] = reference end
    for n = 0, count - 1 do
      local word, number = sub(record, start + 6 * n, start + 6 * n + 5), start + 7 * count + 3 * n
      local at = #words + 1
      words[at], numbers[at], references[at] = word, sub(record, number, number + 2), reference
      if not known[word] then
        known[word] = true
        different[#different + 1] = word
      end
    end
  end
  local last, others = blocks_of(different), {}
  for at, word in ipairs(words) do
    local field = word .. numbers[at]
    if last[word] and sub(last[word], 5, 7) ~= numbers[at] and not known[field] then
      known[field] = true
      others[#others + 1] = field
    end
  end
  local full, lost = blocks_of(others), {}
  for at, word in ipairs(words) do
    local field = word .. numbers[at]
    if full[field] then
      local left = without(full[field], references[at], 0)
      if left then full[field], lost[word] = left, (lost[word] or 0) + 1 end
    elseif last[word] and sub(last[word], 5, 7) == numbers[at] then
      last[word] = without(last[word], references[at], HEAD) or last[word]
    end
  end
  local set = {}
  for word, block in pairs(last) do
    if block and lost[word] then
      block = struct.pack('>I4', struct.unpack('>I4', block) - lost[word]) .. sub(block, 5)
    end
    if block and (#block > HEAD or sub(block, 1, 4) ~= '\0\0\0\0') then
      set[#set + 1] = word
      set[#set + 1] = block
    elseif block then
      unset[#unset + 1] = word
    end
  end
  for field, block in pairs(full) do
    if block == '' then
      unset[#unset + 1] = field
    elseif block then
      set[#set + 1] = field
      set[#set + 1] = block
    end
  end
  -- A full server refuses this, and still entries must go: what then refers to nothing is passed over by who reads.
  for first = 1, #set, 4000 do redis.pcall('HSET', WORDS, unpack(set, first, math.min(first + 3999, #set))) end
  if #unset > 0 then chunked('HDEL', WORDS, unset) end
end

-- Write the words and the records of entries of which the postings are written.
local function write_records(ids, records, length, said, words, places)
  if sub(said, 1, 1) == 'w' then records = add_words(ids, records, words, places) end
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
