-- Delete some of all entries. ARGV: how many. Gives how many were looked at, and how many there were.
local ids = call('ZRANGE', DUE, 0, tonumber(ARGV[1]) - 1)
if #ids == 0 then
  call('UNLINK', POSTINGS, DUE, RECORDS, RANKS, COMPLETE)
  return {0, 0}
end
local count = call('UNLINK', unpack(keys_of(ids)))
unindex(ids)
return {#ids, count}
