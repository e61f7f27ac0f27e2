using System.Net;

namespace EventCluster.TestKit.Network;

/// <summary>The life of one connection through a <see cref="FaultProxy"/>.</summary>
/// <param name="Steps">Its faults, in order of their positions.</param>
/// <param name="ChunkBytes">Largest piece that is passed on at a time.</param>
/// <param name="Source">Address that the server sees the client come from.</param>
public sealed record FaultPlan(IReadOnlyList<FaultStep> Steps, int ChunkBytes, IPAddress Source)
{
    private const int LargestChunk = 64 * 1024;
    private const int LatestFault = 64 * 1024;
    private const int LongestStall = 300;

    /// <summary>Everything passes as it comes.</summary>
    public static FaultPlan Clean { get; } = new([], LargestChunk, IPAddress.Loopback);

    /// <summary>
    /// A plan that depends on seed and connection alone. Positions are spread over orders of magnitude, so that cuts hit
    /// handshakes, headers, the middle of frames and long bodies.
    /// </summary>
    /// <param name="seed">The run.</param>
    /// <param name="connection">Number of the connection in the run.</param>
    public static FaultPlan Draw(int seed, int connection)
    {
        var random = new Random(unchecked((seed * 7_919) + connection));
        var steps = new List<FaultStep>();
        var position = Position(random);
        while (random.Next(3) == 0)
        {
            steps.Add(new FaultStep(FaultKind.Stall, position, TimeSpan.FromMilliseconds(random.Next(1, LongestStall))));
            position += Position(random);
        }

        steps.Add(new FaultStep(
            random.Next(5) switch { 0 or 1 => FaultKind.Reset, 2 or 3 => FaultKind.Finish, _ => FaultKind.BlackHole }, position));
        var chunk = random.Next(3) switch { 0 => random.Next(1, 16), 1 => random.Next(16, 2_000), _ => LargestChunk };
        return new FaultPlan(steps, chunk, new IPAddress([127, 0, 0, (byte)random.Next(2, 255)]));
    }

    /// <inheritdoc />
    public override string ToString() =>
        $"{string.Join(", ", Steps.Select(s => $"{s.Kind} at {s.AfterBytes}"))}, pieces of {ChunkBytes}, from {Source}";

    private static long Position(Random random) => (long)Math.Pow(LatestFault, random.NextDouble());
}
