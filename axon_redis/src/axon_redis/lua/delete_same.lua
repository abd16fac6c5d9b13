-- Delete entries that have not changed. ARGV: id, SHA-1 of the value, and so on. Gives which were others by then.
local ids, changed = {}, {}
for at = 1, #ARGV, 2 do
  local value = call('GET', base .. ARGV[at])
  if value and redis.sha1hex(value) == ARGV[at + 1] then
    ids[#ids + 1] = ARGV[at]
  elseif value then
    changed[#changed + 1] = ARGV[at]
  end
end
if #ids > 0 then
  call('UNLINK', unpack(keys_of(ids)))
  unindex(ids)
end
return {#ids, changed}
