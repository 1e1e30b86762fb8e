-- The rules of circuit.py, for circuits that several processes share.
-- KEYS: circuits; ARGV: what to do, the rules, what is given (both JSON). Answers JSON.

local act, rules, given = ARGV[1], cjson.decode(ARGV[2]), cjson.decode(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000

local function load(key)
  local text = redis.call('GET', key)
  if text then
    return cjson.decode(text)
  end
  return {
    generation = 0, failures = {}, openings = 0, since = 0, retry_at = 0,
    reason = '', probe = '', probe_ends = 0,
  }
end

local circuit = load(KEYS[1])

local function save()
  redis.call('SET', KEYS[1], cjson.encode(circuit), 'EX', rules.keep)
end

local function is_probe()
  return circuit.openings > 0 and given.probe and given.token == circuit.probe
end

local function recent(failures)
  local kept, count = {}, 0
  for token, at in pairs(failures) do
    if at > now - rules.window then
      kept[token], count = at, count + 1
    end
  end
  return kept, count
end

local function open()
  if circuit.openings == 0 then
    circuit.since = now
  end
  local pause = math.min(rules.first_pause * 2 ^ math.min(circuit.openings, 30), rules.longest_pause)
  circuit.retry_at = now + math.min(pause * given.factor, rules.longest_pause)
  circuit.generation = circuit.generation + 1
  circuit.openings = circuit.openings + 1
  circuit.failures, circuit.probe, circuit.reason = {}, '', given.reason
end

local function close()
  circuit.generation = circuit.generation + 1
  circuit.failures, circuit.openings, circuit.probe, circuit.reason = {}, 0, '', ''
end

local function refusal(wait)
  return { granted = false, retry_after = wait, reason = circuit.reason,
           open_for = now - circuit.since }
end

local acts = {}

function acts.enter()
  if circuit.openings == 0 then
    return { granted = true, generation = circuit.generation, probe = false }
  end
  if now < circuit.retry_at then
    return refusal(circuit.retry_at - now)
  end
  -- The same token again is the same call, whose first answer got lost on the way.
  if circuit.probe ~= '' and circuit.probe ~= given.token and now < circuit.probe_ends then
    return refusal(math.min(circuit.probe_ends - now, rules.first_pause))
  end
  circuit.probe, circuit.probe_ends = given.token, now + rules.probe_lease
  save()
  return { granted = true, generation = circuit.generation, probe = true }
end

function acts.success()
  local closed = is_probe()
  if closed then
    close()
    save()
  end
  return { closed = closed, generation = circuit.generation }
end

function acts.failure()
  if is_probe() then
    open()
    save()
  elseif circuit.openings == 0 and given.generation == circuit.generation then
    local count
    circuit.failures[given.token] = now
    circuit.failures, count = recent(circuit.failures)
    circuit.reason = given.reason
    if count >= rules.failures then
      open()
    end
    save()
  end
  return true
end

function acts.release()
  if is_probe() then
    circuit.probe = ''
    save()
  end
  return true
end

function acts.reset()
  close()
  save()
  return true
end

function acts.states()
  local views = {}
  for number, key in ipairs(KEYS) do
    circuit = load(key)
    local _, count = recent(circuit.failures)
    if circuit.openings == 0 then
      views[number] = { state = 'closed', failures = count, retry_after = 0, open_for = 0,
                        reason = count > 0 and circuit.reason or '' }
    else
      views[number] = {
        state = now < circuit.retry_at and 'open' or 'half_open',
        failures = rules.failures + circuit.openings - 1,
        retry_after = math.max(0, circuit.retry_at - now),
        reason = circuit.reason,
        open_for = now - circuit.since,
      }
    end
  end
  return views
end

return cjson.encode(acts[act]())
