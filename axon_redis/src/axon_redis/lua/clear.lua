-- Delete some of all entries. ARGV: what a complete index is called, how many.
-- Gives nil if the index may lack entries, or how many were looked at, and how many there were.
if doubtful(ARGV[1]) then return false end
local ids = call('ZRANGE', DUE, 0, tonumber(ARGV[2]) - 1)
if #ids == 0 then
  call('UNLINK', unpack(INDEX))
  return {0, 0}
end
local some, records = affordable(ids)
local count = call('UNLINK', unpack(keys_of(some)))
unindex(some, records)
return {#some, count}
