async def examine(link, rules, shards): return []
