namespace EventCluster.TestKit.Disk;

/// <summary>Contents of one file: what readers see, and what would survive a loss of power.</summary>
internal sealed class SimulatedFile
{
    public const int PageBytes = 4096;
    private const int SectorBytes = 512;

    private readonly HashSet<long> _dirty = [];
    private Dictionary<long, byte[]> _pages = [];
    private Dictionary<long, byte[]> _durablePages = [];
    private long _durableLength;

    public long Length { get; private set; }

    /// <summary>Room that counts against the disk's capacity.</summary>
    public long Allocated { get; set; }

    public int Read(Span<byte> buffer, long offset)
    {
        var count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        for (var done = 0; done < count;)
        {
            var (page, start) = Math.DivRem(offset + done, PageBytes);
            var part = buffer.Slice(done, (int)Math.Min(count - done, PageBytes - start));
            if (_pages.TryGetValue(page, out var bytes))
            {
                bytes.AsSpan((int)start, part.Length).CopyTo(part);
            }
            else
            {
                part.Clear();
            }

            done += part.Length;
        }

        return count;
    }

    public void Write(ReadOnlySpan<byte> data, long offset)
    {
        for (var done = 0; done < data.Length;)
        {
            var (page, start) = Math.DivRem(offset + done, PageBytes);
            var part = data.Slice(done, (int)Math.Min(data.Length - done, PageBytes - start));

            // Pages are replaced, never changed: a flush under way keeps what it saw at its start.
            var bytes = _pages.TryGetValue(page, out var old) ? (byte[])old.Clone() : new byte[PageBytes];
            part.CopyTo(bytes.AsSpan((int)start));
            _pages[page] = bytes;
            _dirty.Add(page);
            done += part.Length;
        }

        Length = Math.Max(Length, offset + data.Length);
    }

    public void SetLength(long length)
    {
        foreach (var page in _pages.Keys.Where(page => (page + 1) * PageBytes > length).ToArray())
        {
            var kept = (int)Math.Max(0, length - (page * PageBytes));
            var bytes = new byte[PageBytes];
            _pages[page].AsSpan(0, kept).CopyTo(bytes);
            _pages[page] = bytes;
            _dirty.Add(page);
        }

        Length = length;
    }

    /// <summary>What a flush that starts now promises.</summary>
    public FlushPoint BeginFlush() => new(_dirty.ToDictionary(page => page, page => _pages[page]), Length);

    public void CompleteFlush(FlushPoint point)
    {
        foreach (var (page, bytes) in point.Pages)
        {
            _durablePages[page] = bytes;
            if (ReferenceEquals(_pages.GetValueOrDefault(page), bytes))
            {
                _dirty.Remove(page);
            }
        }

        _durableLength = point.Length;
    }

    /// <summary>
    /// Loses power: every unflushed page independently keeps its new contents, its old ones, or a mix cut at a sector.
    /// </summary>
    public void Crash(Random random)
    {
        foreach (var page in _dirty.Order().ToArray())
        {
            var old = _durablePages.GetValueOrDefault(page) ?? new byte[PageBytes];
            var kept = random.Next(3) switch
            {
                0 => old,
                1 => _pages[page],
                _ => Tear(old, _pages[page], random),
            };
            _durablePages[page] = kept;
        }

        _durableLength = random.Next(2) == 0 ? _durableLength : Length;
        _dirty.Clear();
        Length = _durableLength;
        Allocated = Math.Max(Length, 0);
        DropPagesBehindTheEnd();
        _pages = new Dictionary<long, byte[]>(_durablePages);
    }

    /// <summary>A failed flush: the kernel forgets some dirty pages, and readers keep seeing them in its cache.</summary>
    public void FailFlush(Random random)
    {
        foreach (var page in _dirty.Order().ToArray())
        {
            if (random.Next(2) == 0)
            {
                _durablePages[page] = _pages[page];
            }

            _dirty.Remove(page);
        }
    }

    /// <summary>Damages a byte for good.</summary>
    public void Rot(long offset, byte mask)
    {
        var (page, start) = Math.DivRem(offset, PageBytes);
        foreach (var pages in new[] { _pages, _durablePages })
        {
            var bytes = pages.TryGetValue(page, out var old) ? (byte[])old.Clone() : new byte[PageBytes];
            bytes[start] ^= mask;
            pages[page] = bytes;
        }
    }

    private static byte[] Tear(byte[] old, byte[] current, Random random)
    {
        var cut = random.Next(1, PageBytes / SectorBytes) * SectorBytes;
        var (first, second) = random.Next(2) == 0 ? (old, current) : (current, old);
        return [.. first.AsSpan(0, cut), .. second.AsSpan(cut)];
    }

    private void DropPagesBehindTheEnd()
    {
        foreach (var (page, bytes) in _durablePages.Where(p => (p.Key + 1) * PageBytes > _durableLength).ToArray())
        {
            var kept = (int)Math.Max(0, _durableLength - (page * PageBytes));
            var cut = new byte[PageBytes];
            bytes.AsSpan(0, kept).CopyTo(cut);
            _durablePages[page] = cut;
        }
    }

    /// <summary>Pages and length at the start of a flush.</summary>
    public sealed record FlushPoint(Dictionary<long, byte[]> Pages, long Length);
}
