-- One step of going through all records. ARGV: what a complete index is called, the cursor, about how many.
-- Gives nil if the index may lack entries, or which run of the server answers, where to go on (0: these were the last), ids.
if doubtful(ARGV[1]) then return false end
local run = string.match(call('INFO', 'server'), 'run_id:(%x+)')
local found = call('HSCAN', RECORDS, ARGV[2], 'COUNT', ARGV[3])
local reply = {run, found[1]}
for n = 1, #found[2], 2 do -- without the records, which are longer
  if found[2][n] ~= '' then reply[#reply + 1] = found[2][n] end
end
return reply
