-- Delete entries. ARGV: ids. Gives how many there were, and how many of the ids were seen to.
local ids, records = affordable(ARGV)
local count = call('UNLINK', unpack(keys_of(ids)))
unindex(ids, records)
return {count, #ids}
