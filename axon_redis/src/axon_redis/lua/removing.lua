-- Taking entries out of the index.

-- What a script takes out of the index at the most, in postings and words: it must not hold the server for long.
local AFFORDABLE = 1200

local function keys_of(ids)
  local keys = {}
  for n, id in ipairs(ids) do keys[n] = base .. id end
  return keys
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
  local last, fields, others = blocks_of(different), {}, {}
  for at, word in ipairs(words) do
    if last[word] and sub(last[word], 5, 7) ~= numbers[at] then
      local field = word .. numbers[at]
      fields[at] = field
      if not known[field] then
        known[field] = true
        others[#others + 1] = field
      end
    end
  end
  local full, lost = blocks_of(others), {}
  for at, word in ipairs(words) do
    local field = fields[at]
    if not field then
      last[word] = last[word] and without(last[word], references[at], HEAD) or last[word]
    elseif full[field] then
      local left = without(full[field], references[at], 0)
      if left then full[field], lost[word] = left, (lost[word] or 0) + 1 end
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
