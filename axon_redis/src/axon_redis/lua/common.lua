-- What every script begins with: the keys of a namespace, and taking entries out of its index.
--
-- KEYS[1] is the base of the keys, such as "{shop:session}". An entry lies at base .. id, where id is packed ("=note", or
-- "#" and 16 bytes). Its record says which postings it has: 7 bytes of time, 1 of words and 1 of importance for the
-- tail, 3 with the number of words, then 6 for each term. A posting is term .. time .. id .. words .. importance.
local base = KEYS[1]
local POSTINGS, DUE, RECORDS, RANKS = base .. ':i', base .. ':x', base .. ':f', base .. ':r'
local COMPLETE, REBUILD = base .. ':c', base .. ':b'
local EVERYTHING = '\0\0\0\0\0\0'
local call, sub = redis.call, string.sub

local function milliseconds()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function words(record)
  local high, middle, low = string.byte(record, 10, 12)
  return high * 65536 + middle * 256 + low
end

-- Append the postings of a record to members; with scored, each after the score 0.
local function append(members, id, record, scored)
  local n = #members
  local tail = sub(record, 1, 7) .. id .. sub(record, 8, 9)
  if scored then
    members[n + 1], members[n + 2] = 0, EVERYTHING .. tail
    n = n + 2
    for at = 13, #record, 6 do
      members[n + 1], members[n + 2] = 0, sub(record, at, at + 5) .. tail
      n = n + 2
    end
  else
    n = n + 1
    members[n] = EVERYTHING .. tail
    for at = 13, #record, 6 do
      n = n + 1
      members[n] = sub(record, at, at + 5) .. tail
    end
  end
end

-- Lua's stack holds some thousand arguments.
local function chunked(command, key, arguments)
  for first = 1, #arguments, 4000 do
    call(command, key, unpack(arguments, first, math.min(first + 3999, #arguments)))
  end
end

-- Take entries out of the index; what there is at their keys is the caller's affair.
local function unindex(ids)
  if #ids == 0 then return end
  local records = call('HMGET', RECORDS, unpack(ids))
  local members, ranked, gone, length = {}, {}, {}, 0
  for n, id in ipairs(ids) do
    local record = records[n]
    if record then
      append(members, id, record, false)
      ranked[#ranked + 1] = sub(record, 1, 7) .. id
      length = length + words(record)
      gone[#gone + 1] = id
    end
  end
  if #gone > 0 then
    chunked('ZREM', POSTINGS, members)
    call('HDEL', RECORDS, unpack(gone))
    call('ZREM', RANKS, unpack(ranked))
    if length ~= 0 and call('HINCRBY', RECORDS, '', -length) == 0 then call('HDEL', RECORDS, '') end
  end
  if call('ZREM', DUE, unpack(ids)) > 0 and call('EXISTS', DUE) == 0 then call('DEL', COMPLETE) end
end

local function keys_of(ids)
  local keys = {}
  for n, id in ipairs(ids) do keys[n] = base .. id end
  return keys
end

-- Take out those whose time has come, at most so many. A refresh leaves the time as it was, so the entry is asked.
local function expire(budget)
  local now = milliseconds()
  local due = call('ZRANGEBYSCORE', DUE, '-inf', now, 'LIMIT', 0, budget)
  local gone, again = {}, {}
  for _, id in ipairs(due) do
    local left = call('PTTL', base .. id)
    if left == -2 then
      gone[#gone + 1] = id
    else
      again[#again + 1] = left == -1 and '+inf' or now + left + 1
      again[#again + 1] = id
    end
  end
  if #again > 0 then call('ZADD', DUE, unpack(again)) end
  unindex(gone)
  return #due
end

-- Let the index live longer than what lives for so many milliseconds; 0: for ever.
local function outlive(lifetime, left)
  if lifetime == 0 then
    if left ~= -1 then
      for _, key in ipairs({POSTINGS, DUE, RECORDS, RANKS, COMPLETE}) do call('PERSIST', key) end
    end
  elseif left ~= -1 and left < lifetime + 60000 then
    local keep = 2 * lifetime + 60000
    for _, key in ipairs({POSTINGS, DUE, RECORDS, RANKS, COMPLETE}) do call('PEXPIRE', key, keep) end
  end
end
