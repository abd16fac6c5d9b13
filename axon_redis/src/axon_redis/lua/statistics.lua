-- Take out what has expired, and count. ARGV: how many to take out at most, terms.
-- Gives how many were due, how many entries there are, how many words they have, and how many have each term.
local counts = {expire(tonumber(ARGV[1])), call('ZCARD', DUE), tonumber(call('HGET', RECORDS, '') or 0)}
for n = 2, #ARGV do
  counts[n + 2] = call('ZLEXCOUNT', POSTINGS, '[' .. ARGV[n], '(' .. ARGV[n] .. '\255')
end
return counts
