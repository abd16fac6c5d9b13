-- Say of an index that nobody vouches for that it is complete, or for a minute "e" if there is nothing at all.
-- ARGV: what a complete index of these rules is called. Gives what is said of it, or "0": a part of the index is gone.
local complete = call('GET', COMPLETE)
if complete then return complete end
if call('EXISTS', REBUILD) == 1 then return '0' end
local there, whole = parts(ARGV[1])
if there == whole then
  vouch(ARGV[1])
  return ARGV[1]
end
if there > 0 then return '0' end
redis.pcall('SET', COMPLETE, 'e', 'PX', 60000)
return 'e'
