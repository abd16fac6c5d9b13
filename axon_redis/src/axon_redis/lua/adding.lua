-- Putting entries into the index.
local FULL = HEAD + 16 * 32

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
