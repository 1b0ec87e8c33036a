// What the cost of heed is compared with: Eigen alone.
#include <Eigen/Core>

int main() {
  const Eigen::MatrixXf a = Eigen::MatrixXf::Random(64, 64), b = Eigen::MatrixXf::Random(64, 64);
  const Eigen::MatrixXf c = a * b;
  return c.sum() > 1e6F;
}
