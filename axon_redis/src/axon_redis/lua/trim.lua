-- Take out what goes first. ARGV: how many entries there may be. Gives how many too many are left.
return evict(tonumber(ARGV[1]))
