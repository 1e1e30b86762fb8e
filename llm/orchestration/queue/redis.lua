-- The line of line.py, for lines that several processes share, with leases.
-- KEYS: the line, and the channel for what changed; ARGV: what to do, what is given (JSON).
-- Answers a picture of the line as JSON, and publishes it if it changed.
--
-- One value holds the whole line: it is short, and every change needs all of it for the positions.
-- Times are milliseconds: cjson writes 14 digits.

local act, given = ARGV[1], cjson.decode(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local KEEP_SECONDS = 86400

local line
local text = redis.call('GET', KEYS[1])
if text then
  line = cjson.decode(text)
else
  line = {
    born = time[1] .. '.' .. time[2], version = 0, limit = 1, virtual = 0,
    next_tag = {}, waiting = {}, running = {},
  }
end

local function place(list, id)
  for number, one in ipairs(list) do
    if one.id == id then
      return number
    end
  end
end

local function tags()
  local following, found = {}, {}
  for flow, tag in pairs(line.next_tag) do
    following[flow] = tag
  end
  for number, one in ipairs(line.waiting) do
    found[number] = math.max(one.joined, following[one.flow] or 0)
    following[one.flow] = found[number] + 1
  end
  return found
end

local function order()
  local found, numbers, ids = tags(), {}, {}
  for number in ipairs(line.waiting) do
    numbers[number] = number
  end
  table.sort(numbers, function(a, b)
    if found[a] ~= found[b] then
      return found[a] < found[b]
    end
    return a < b
  end)
  for position, number in ipairs(numbers) do
    ids[position] = line.waiting[number].id
  end
  return ids
end

local function forget()
  local kept, here = {}, {}
  if #line.waiting == 0 and #line.running == 0 then
    line.virtual = 0
  else
    for _, one in ipairs(line.waiting) do
      here[one.flow] = true
    end
    for flow, tag in pairs(line.next_tag) do
      if tag > line.virtual or here[flow] then
        kept[flow] = tag
      end
    end
  end
  line.next_tag = kept
end

local function advance()
  while #line.waiting > 0 and #line.running < line.limit do
    local found, chosen = tags(), 1
    for number, tag in ipairs(found) do
      if tag < found[chosen] then
        chosen = number
      end
    end
    local one = table.remove(line.waiting, chosen)
    line.virtual = found[chosen]
    line.next_tag[one.flow] = found[chosen] + 1
    one.joined = nil
    table.insert(line.running, one)
  end
  forget()
end

local function remove(list, id)
  local number = place(list, id)
  return number and table.remove(list, number)
end

local function purge()
  for _, list in ipairs({ line.waiting, line.running }) do
    for number = #list, 1, -1 do
      if list[number].ends <= now then
        table.remove(list, number)
      end
    end
  end
  advance()
end

local function full(one)
  local own = 0
  for _, list in ipairs({ line.waiting, line.running }) do
    for _, other in ipairs(list) do
      own = own + (other.flow == one.flow and 1 or 0)
    end
  end
  if own >= one.per_user_limit then
    return 'own'
  end
  if #line.running >= line.limit and #line.waiting >= one.waiting_limit then
    return 'line'
  end
end

local function wait_in_line(one)
  table.insert(line.waiting, { id = one.id, flow = one.flow, joined = line.virtual,
                               ends = now + given.lease })
  advance()
end

local function renew(one)
  if line.version == 0 then
    line.limit = one.limit -- Redis forgot everything
  end
  local running, waiting = place(line.running, one.id), place(line.waiting, one.id)
  if running then
    line.running[running].ends = now + given.lease
  elseif one.running then
    remove(line.waiting, one.id)
    table.insert(line.running, { id = one.id, flow = one.flow, ends = now + given.lease })
    line.next_tag[one.flow] = math.max(line.next_tag[one.flow] or 0, line.virtual) + 1
  elseif waiting then
    line.waiting[waiting].ends = now + given.lease
  else
    wait_in_line(one)
  end
end

local acts = {}

function acts.look()
end

function acts.join()
  local one = given.ticket
  if place(line.running, one.id) or place(line.waiting, one.id) then
    return nil -- the first answer got lost on the way
  end
  line.limit = one.limit
  advance()
  local refused = full(one)
  if not refused then
    wait_in_line(one)
  end
  return refused
end

function acts.leave()
  if remove(line.running, given.id) and given.served then
    local old = line.service or given.served
    line.service = old + given.smoothing * (given.served - old)
  end
  remove(line.waiting, given.id)
  advance()
end

function acts.renew()
  for _, one in ipairs(given.tickets) do
    renew(one)
  end
end

local function picture()
  local running = {}
  for number, one in ipairs(line.running) do
    running[number] = one.id
  end
  return { running = running, waiting = order(), limit = line.limit, service = line.service }
end

-- Nothing is purged that is renewed in the same breath.
if act == 'renew' then
  acts.renew()
end
purge()
local before = line.picture
local refused = act ~= 'renew' and acts[act]() or nil
local now_seen = picture()
local fingerprint = cjson.encode({
  now_seen.running, now_seen.waiting, now_seen.limit, now_seen.service or false,
})
local changed = fingerprint ~= before
if changed then
  line.picture, line.version = fingerprint, line.version + 1
end
if changed or act == 'renew' then
  redis.call('SET', KEYS[1], cjson.encode(line), 'EX', KEEP_SECONDS)
end
now_seen.key, now_seen.born, now_seen.version = given.key, line.born, line.version
if changed then
  redis.call('PUBLISH', KEYS[2], cjson.encode(now_seen))
end
now_seen.refused = refused
return cjson.encode(now_seen)
