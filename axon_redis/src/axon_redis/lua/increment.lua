-- KEYS: the counter. ARGV: by how much, milliseconds for a new one, or nothing.
local is_new = redis.call('EXISTS', KEYS[1]) == 0
local reply = redis.pcall('INCRBY', KEYS[1], ARGV[1])
if type(reply) == 'table' then
  return string.find(reply.err, 'overflow') and 'out of range' or reply
end
if is_new and ARGV[2] ~= '' then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return redis.call('GET', KEYS[1])  -- numbers of Lua have 53 bits
