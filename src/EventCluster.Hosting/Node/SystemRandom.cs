using System.Security.Cryptography;

namespace EventCluster.Hosting.Node;

/// <summary>The one place where chance enters the process.</summary>
internal static class SystemRandom
{
    /// <summary>A source with a seed that nobody can guess, safe to share between threads.</summary>
    public static Random Create() => new LockedRandom(RandomNumberGenerator.GetInt32(int.MaxValue));

    private sealed class LockedRandom(int seed) : Random
    {
        private readonly Random _source = new(seed);
        private readonly Lock _lock = new();

        public override int Next()
        {
            lock (_lock)
            {
                return _source.Next();
            }
        }

        public override int Next(int minValue, int maxValue)
        {
            lock (_lock)
            {
                return _source.Next(minValue, maxValue);
            }
        }

        public override int Next(int maxValue)
        {
            lock (_lock)
            {
                return _source.Next(maxValue);
            }
        }

        public override long NextInt64()
        {
            lock (_lock)
            {
                return _source.NextInt64();
            }
        }

        public override long NextInt64(long minValue, long maxValue)
        {
            lock (_lock)
            {
                return _source.NextInt64(minValue, maxValue);
            }
        }

        public override double NextDouble()
        {
            lock (_lock)
            {
                return _source.NextDouble();
            }
        }

        public override void NextBytes(Span<byte> buffer)
        {
            lock (_lock)
            {
                _source.NextBytes(buffer);
            }
        }

        public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());
    }
}
