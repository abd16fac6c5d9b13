-- How many replicas have all data so far: one that is still being sent it will not be promoted.
local function replicas()
  return select(2, string.gsub(redis.call('INFO', 'replication'), 'state=online', ''))
end
