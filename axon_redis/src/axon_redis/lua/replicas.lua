-- How many replicas there are, to which what is written here has to come before it is certain.
local function replicas()
  return tonumber(string.match(redis.call('INFO', 'replication'), 'connected_slaves:(%d+)')) or 0
end
