-- Delete entries that have not changed. ARGV: id, digest of the value, and so on.
-- Gives how many were deleted, the ids of those that were others by then, and how many of the pairs were seen to.
local every = {}
for at = 1, #ARGV, 2 do every[#every + 1] = ARGV[at] end
every = affordable(every)
local ids, changed = {}, {}
for n, id in ipairs(every) do
  local value = call('GET', base .. id)
  if value and digest(value) == ARGV[2 * n] then
    ids[#ids + 1] = id
  elseif value then
    changed[#changed + 1] = id
  end
end
if #ids > 0 then
  call('UNLINK', unpack(keys_of(ids)))
  unindex(affordable(ids))
end
return {#ids, changed, #every}
