-- The postings of one term, the newest first. ARGV: what a complete index is called, last, first, how many at the most.
-- Gives nil if the index may lack entries: asked in the same step, since one that is made anew has few for a while.
if doubtful(ARGV[1]) then return false end
return call('ZREVRANGEBYLEX', POSTINGS, ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
