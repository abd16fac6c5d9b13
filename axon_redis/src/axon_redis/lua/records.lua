-- Reading the records of entries.

-- Lua's stack holds some thousand arguments.
local function chunked(command, key, arguments)
  for first = 1, #arguments, 4000 do
    call(command, key, unpack(arguments, first, math.min(first + 3999, #arguments)))
  end
end

local function length_of(record)
  local high, middle, low = byte(record, 9, 11)
  return high * 65536 + middle * 256 + low
end

local function reference_of(record)
  return sub(record, 1, 7) .. sub(record, 12, 17)
end

-- Where the words of a record begin.
local function words_at(record)
  local high, low = byte(record, 18, 19)
  return 20 + 6 * (high * 256 + low)
end

-- Append the postings of a record to members; with scored, each after the score 0.
local function append(members, id, record, scored)
  local n = #members
  local tail = sub(record, 1, 7) .. id .. sub(record, 8, 8)
  if scored then
    members[n + 1], members[n + 2] = 0, EVERYTHING .. tail
    n = n + 2
    for at = 20, words_at(record) - 1, 6 do
      members[n + 1], members[n + 2] = 0, sub(record, at, at + 5) .. tail
      n = n + 2
    end
  else
    members[n + 1] = EVERYTHING .. tail
    n = n + 1
    for at = 20, words_at(record) - 1, 6 do
      n = n + 1
      members[n] = sub(record, at, at + 5) .. tail
    end
  end
end
