using System.Security.Cryptography;
using System.Text;

namespace EventCluster.Simulation;

/// <summary>Everything that happened, in order: hashed, and counted by name.</summary>
internal sealed class Trace(TextWriter? writer) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public SortedDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    public List<string> Violations { get; } = [];

    public void Add(string line)
    {
        _hash.AppendData(Encoding.UTF8.GetBytes(line));
        _hash.AppendData("\n"u8);
        writer?.WriteLine(line);
    }

    public void Count(string what, int by = 1) => Counts[what] = Counts.GetValueOrDefault(what) + by;

    public void Violation(string what)
    {
        Violations.Add(what);
        Add($"VIOLATION {what}");
    }

    public string Hash() => Convert.ToHexStringLower(_hash.GetCurrentHash().AsSpan(0, 8));

    public void Dispose() => _hash.Dispose();
}
