-- What every script begins with: the keys of a namespace, and whether its index is complete. Each script has no more than it
-- needs of the other parts, since Lua makes all functions anew whenever a script runs, which is a good part of a short one.
--
-- KEYS[1] is the key of the postings, such as "{shop:session}:i"; what is before the colon is the base of all keys. An entry
-- lies at base .. id, where id is packed ("=note", or "#" and 16 bytes). A cluster is told of all keys that are touched.
--
-- Its record says what it is indexed by:
--   7 time, 1 importance, 3 number of words, 6 hash of the id, 2 number of terms,
--   6 for each term (tags, user, session), 6 for each different word, then 1 for each word: how often,
--   and behind these, written here, 3 for each word: the block that refers to the entry.
-- A posting is a member of a sorted set in which all scores are 0: term .. time .. id .. importance.
-- Words are fields of a hash. A word leads to its last block: 4 how many entries the blocks before have, 3 number of the
-- block, then 16 for each entry: its reference (7 time, 6 hash of the id), 2 number of its words, 1 how often it has this
-- one. So a block is appended to without being taken apart. One that is full lies at word .. number, without the first 7.
-- A reference leads to an id.
local base = string.sub(KEYS[1], 1, -3)
local POSTINGS, DUE, RECORDS, RANKS, WORDS = base .. ':i', base .. ':x', base .. ':f', base .. ':r', base .. ':w'
local COMPLETE, REBUILD = base .. ':c', base .. ':b'
local INDEX = {POSTINGS, DUE, RECORDS, RANKS, WORDS, COMPLETE}
local EVERYTHING = '\0\0\0\0\0\0'
local HEAD = 7 -- bytes before the entries of a last block
local call, sub, byte = redis.call, string.sub, string.byte

local function milliseconds()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- What a refresh does not change of a value, as a digest.
local function digest(value)
  return redis.sha1hex(byte(value, 3) == 0xc7 and sub(value, 1, 5) .. sub(value, 28) or value)
end

-- Let the index live longer than what lives for so many milliseconds; 0: for ever.
local function outlive(lifetime, left)
  if lifetime == 0 then
    if left ~= -1 then
      for _, key in ipairs(INDEX) do call('PERSIST', key) end
    end
  elseif left ~= -1 and left < lifetime + 60000 then
    for _, key in ipairs(INDEX) do call('PEXPIRE', key, 2 * lifetime + 60000) end
  end
end

-- Say that the index is complete: what says so lives as long as the index. One that was made anew has a token, so that who
-- reads can tell that nobody made it anew meanwhile.
local function vouch(said, token)
  call('SET', COMPLETE, said .. (token or ''))
  local left = call('PTTL', DUE)
  if left > 0 then call('PEXPIRE', COMPLETE, left) end
end

-- How many of the keys are there that an index of these rules has, and how many it has. What "said" is: whether it has
-- words ("w") and ranks ("r"), and what else other rules would do otherwise.
local function parts(said)
  local keys = {POSTINGS, DUE, RECORDS}
  if sub(said, 1, 1) == 'w' then keys[#keys + 1] = WORDS end
  if sub(said, 2, 2) == 'r' then keys[#keys + 1] = RANKS end
  return call('EXISTS', unpack(keys)), #keys
end

-- Whether an index is complete of which its key says this.
local function vouches(complete, said)
  return complete and sub(complete, 1, #said) == said
end

-- Whether an index may lack entries: something evicted a part of it, or nobody vouches for it.
local function doubtful(said)
  local there, whole = parts(said)
  local complete = call('GET', COMPLETE)
  return not (there == whole and vouches(complete, said) or there == 0 and complete == 'e')
end
