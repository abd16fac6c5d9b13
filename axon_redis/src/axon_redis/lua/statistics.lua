-- Take out what has expired, and count. ARGV: what a complete index is called, how many to take out at most, how many
--   entries to list for words, whether their ids are wanted, how many words, these, and terms.
-- Gives nil if the index may lack entries; how many were due, how many entries there are, how many words they have; then
-- for each word how many entries have it, and 16 bytes for each of the latest of these, the latest last; then for each
-- term how many have it; and where ids are wanted, pairs of a reference and the id that it leads to.
if doubtful(ARGV[1]) then return false end
local counts = {expire(tonumber(ARGV[2])), call('ZCARD', DUE), tonumber(call('HGET', RECORDS, '') or 0)}
local budget, words = tonumber(ARGV[3]), tonumber(ARGV[5])
if words > 0 then
  local found = call('HMGET', WORDS, unpack(ARGV, 6, 5 + words))
  local rarest = {}
  for n = 1, words do
    counts[2 + 2 * n], counts[3 + 2 * n] = 0, ''
    if found[n] then
      counts[2 + 2 * n] = struct.unpack('>I4', found[n]) + (#found[n] - HEAD) / 16
      rarest[#rarest + 1] = n
    end
  end
  table.sort(rarest, function(a, b) return counts[2 + 2 * a] < counts[2 + 2 * b] end)
  for position, n in ipairs(rarest) do
    local latest = {sub(found[n], HEAD + 1)}
    local listed = #latest[1] / 16
    local share = budget / (#rarest - position + 1) -- what a rare word leaves, commoner ones have
    local number = struct.unpack('>I3', found[n], 5)
    local looked = 0 -- blocks of which all entries are gone are not there any more
    while listed < share and listed < counts[2 + 2 * n] and number > 0 and looked < 1000 do
      number, looked = number - 1, looked + 1
      local full = call('HGET', WORDS, ARGV[5 + n] .. struct.pack('>I3', number))
      if full then
        table.insert(latest, 1, full)
        listed = listed + #full / 16
      end
    end
    counts[3 + 2 * n] = table.concat(latest)
    budget = budget - listed
  end
end
local at = #counts
for n = 6 + words, #ARGV do
  at = at + 1
  counts[at] = call('ZLEXCOUNT', POSTINGS, '[' .. ARGV[n], '(' .. ARGV[n] .. '\255')
end
if ARGV[4] == '' then return counts end
local pairs_found = {}
for n = 1, words do
  local listed = counts[3 + 2 * n]
  for first = 1, #listed, 16 * 1000 do
    local references = {}
    for place = first, math.min(first + 16 * 1000 - 1, #listed), 16 do
      references[#references + 1] = sub(listed, place, place + 12)
    end
    for place, id in ipairs(call('HMGET', WORDS, unpack(references))) do
      pairs_found[#pairs_found + 1] = references[place]
      pairs_found[#pairs_found + 1] = id
    end
  end
end
counts[at + 1] = pairs_found
return counts
