-- Count entries. ARGV: what a complete index is called, how many to look at, the tail to go on from or "".
-- Gives nil if the index may lack entries, or where to go on or "", and how many.
if doubtful(ARGV[1]) then return false end
local budget, cursor = tonumber(ARGV[2]), ARGV[3]
local postings = call('ZRANGEBYLEX', POSTINGS, (cursor == '' and '[' or '(') .. EVERYTHING .. cursor,
  '(' .. EVERYTHING .. '\255', 'LIMIT', 0, budget)
if #postings == 0 then return {'', 0} end
local keys = {}
for n, posting in ipairs(postings) do keys[n] = base .. sub(posting, 14, -2) end
return {#postings < budget and '' or sub(postings[#postings], 7), call('EXISTS', unpack(keys))}
