-- Count entries. ARGV: how many to look at, the tail to go on from or "". Gives where to go on or "", and how many.
local budget, cursor = tonumber(ARGV[1]), ARGV[2]
local postings = call('ZRANGEBYLEX', POSTINGS, (cursor == '' and '[' or '(') .. EVERYTHING .. cursor,
  '(' .. EVERYTHING .. '\255', 'LIMIT', 0, budget)
if #postings == 0 then return {'', 0} end
local keys = {}
for n, posting in ipairs(postings) do keys[n] = base .. sub(posting, 14, -3) end
return {#postings < budget and '' or sub(postings[#postings], 7), call('EXISTS', unpack(keys))}
