namespace EventCluster.Faults.Damage;

/// <summary>How many mutations of each kind ended in which verdict.</summary>
internal sealed class DamageCounts
{
    private const int MostToldPerKind = 8;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, int[]> _counts = new(StringComparer.Ordinal);

    public int Total { get; private set; }

    public int Wrong { get; private set; }

    /// <summary>Counts; true if this wrong one should be told, because not many of its kind were.</summary>
    public bool Add(string kind, Verdict verdict)
    {
        lock (_gate)
        {
            if (!_counts.TryGetValue(kind, out var counts))
            {
                counts = new int[Enum.GetValues<Verdict>().Length];
                _counts.Add(kind, counts);
            }

            Total++;
            Wrong += verdict == Verdict.Wrong ? 1 : 0;
            return ++counts[(int)verdict] <= MostToldPerKind;
        }
    }

    /// <summary>A table of all counts.</summary>
    public void Write(TextWriter output)
    {
        lock (_gate)
        {
            output.WriteLine($"{"",-24}{string.Concat(Enum.GetNames<Verdict>().Select(name => $"{name,14}"))}");
            foreach (var (kind, counts) in _counts)
            {
                output.WriteLine($"{kind,-24}{string.Concat(counts.Select(count => $"{count,14}"))}");
            }
        }
    }
}
