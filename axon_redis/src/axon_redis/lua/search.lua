-- The tails of what has all of some terms, the newest first.
-- ARGV: what a complete index is called, how many, how many postings to look at, oldest and newest time (7 bytes), least and greatest importance (1 byte),
--   where to go on (a tail) or "", terms.
-- Gives nil if the index may lack entries, or where to go on or "", and the tails.
if doubtful(ARGV[1]) then return false end
local want, budget, oldest, newest = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local least, greatest, cursor = ARGV[6], ARGV[7], ARGV[8]
local terms = {unpack(ARGV, 9)}
if #terms == 0 then terms[1] = EVERYTHING end
if #terms > 1 then -- the rarest leads
  local rarest, fewest
  for n, term in ipairs(terms) do
    local count = call('ZLEXCOUNT', POSTINGS, '[' .. term .. oldest, '(' .. term .. newest .. '\255')
    if count == 0 then return {''} end
    if not fewest or count < fewest then rarest, fewest = n, count end
  end
  terms[1], terms[rarest] = terms[rarest], terms[1]
end
local lead = terms[1]
local graded = least ~= '\0' or greatest ~= '\255'
local first, last = '[' .. lead .. oldest, '(' .. lead .. (cursor == '' and newest .. '\255' or cursor)
local found, seen, size = {''}, 0, math.max(want, 32)
while true do
  local postings = call('ZREVRANGEBYLEX', POSTINGS, last, first, 'LIMIT', 0, size)
  seen = seen + #postings
  local tails = {}
  for _, posting in ipairs(postings) do
    local grade = graded and sub(posting, -1)
    if not graded or (grade >= least and grade <= greatest) then tails[#tails + 1] = sub(posting, 7) end
  end
  for n = 2, #terms do
    if #tails == 0 then break end
    local probes, both = {}, {}
    for at, tail in ipairs(tails) do probes[at] = terms[n] .. tail end
    for at, score in ipairs(call('ZMSCORE', POSTINGS, unpack(probes))) do
      if score then both[#both + 1] = tails[at] end
    end
    tails = both
  end
  local count = #found - 1
  for at = 1, math.min(#tails, want - count) do found[count + at + 1] = tails[at] end
  if #found > want then
    found[1] = found[#found]
    break
  end
  if #postings < size then break end
  last = '(' .. postings[#postings]
  if seen >= budget then
    found[1] = sub(postings[#postings], 7)
    break
  end
  size = math.min(size * 2, 500)
end
return found
