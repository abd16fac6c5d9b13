-- Take what is gone out of the index: what has expired, and of some entries those that the server evicted.
-- ARGV: how many to take out for their time, how many to look at, further ids to look at.
-- Gives how many were due, how many were looked at, and how many of these were gone.
local due = expire(tonumber(ARGV[1]))
local probes = tonumber(ARGV[2])
local ids, known = {}, {['']= true}
local function look_at(id)
  if not known[id] then
    known[id] = true
    ids[#ids + 1] = id
  end
end
for n = 3, #ARGV do look_at(ARGV[n]) end
local postings = {}
if probes > 0 then
  -- Half by chance, half the oldest: these go first under LRU.
  for _, id in ipairs(call('HRANDFIELD', RECORDS, math.ceil(probes / 2))) do look_at(id) end
  local oldest = call('ZRANGEBYLEX', POSTINGS, '[' .. EVERYTHING, '(' .. EVERYTHING .. '\255', 'LIMIT', 0, math.ceil(probes / 2))
  for _, posting in ipairs(oldest) do
    local id = sub(posting, 14, -2)
    postings[id] = posting
    look_at(id)
  end
end
local gone = {}
if #ids > 0 and call('EXISTS', unpack(keys_of(ids))) < #ids then
  for _, id in ipairs(ids) do
    if call('EXISTS', base .. id) == 0 then gone[#gone + 1] = id end
  end
end
local some, records = affordable(gone)
unindex(some, records)
local without = {} -- of which the record was evicted: with its postings goes what would be looked at for ever
for n, id in ipairs(some) do
  if not records[n] and postings[id] then without[#without + 1] = postings[id] end
end
if #without > 0 then call('ZREM', POSTINGS, unpack(without)) end
return {due, #gone, #ids}
