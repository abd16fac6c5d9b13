-- Delete entries. ARGV: ids. Gives how many there were.
local count = call('UNLINK', unpack(keys_of(ARGV)))
unindex(ARGV)
return count
