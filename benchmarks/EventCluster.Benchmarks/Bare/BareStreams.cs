using System.Collections.Concurrent;

namespace EventCluster.Benchmarks.Bare;

/// <summary>Streams by path.</summary>
public sealed class BareStreams
{
    private readonly ConcurrentDictionary<string, BareStream> _byPath = new();

    /// <summary>The stream of a path.</summary>
    public BareStream this[string path] => _byPath[path];

    /// <summary>Makes a stream that may exist already.</summary>
    public void Create(string path) => _byPath.GetOrAdd(path, _ => new BareStream());
}
