using EventCluster.Orleans.Wire;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace EventCluster.Orleans.Tests.Wire;

/// <summary>A message between silos, as its bytes.</summary>
/// <param name="Name">Its name in the fixture.</param>
/// <param name="Bytes">What this build writes.</param>
/// <param name="ReadAndWrite">Reads bytes, and writes what was read.</param>
/// <param name="Read">Reads bytes.</param>
internal sealed record WireSample(string Name, byte[] Bytes, Func<byte[], byte[]> ReadAndWrite, Func<byte[], object> Read)
{
    public static readonly Serializer Serializer = new ServiceCollection()
        .AddSerializer()
        .AddSingleton<ITypeNameFilter, WireTypeFilter>()
        .BuildServiceProvider()
        .GetRequiredService<Serializer>();

    public static WireSample Of<T>(string name, T value)
        where T : notnull
    {
        return new WireSample(name, Write(value), bytes => Write(Read(bytes)), bytes => Read(bytes));

        static byte[] Write(T value) => Serializer.SerializeToArray(new Wire<T>(value));

        static T Read(byte[] bytes) => Serializer.Deserialize<Wire<T>>(bytes)!.Value;
    }
}
