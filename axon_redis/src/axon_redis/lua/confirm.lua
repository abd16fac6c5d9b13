-- Say of an index that nobody vouches for that it is complete: "1", or for a second "e" if there is nothing at all.
-- Gives what it says, or "0": a part of the index is gone.
local complete = call('GET', COMPLETE)
if complete then return complete end
local there = call('EXISTS', POSTINGS, DUE, RECORDS)
if there == 3 then
  call('SET', COMPLETE, '1')
  local left = call('PTTL', DUE)
  if left > 0 then call('PEXPIRE', COMPLETE, left) end
  return '1'
end
if there > 0 then return '0' end
call('SET', COMPLETE, 'e', 'PX', 1000)
return 'e'
